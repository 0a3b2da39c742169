// Each of these tests keeps all processors busy with processes of its own, and some of those must notice that others are silent for a second.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: Trait("Database", "PostgreSQL")]
