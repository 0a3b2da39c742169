namespace OrleansRegistry;

/// <summary>
/// How many versions of a model are in each state. The first four add up to all that were ever deployed.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.VersionCounts")]
public sealed record VersionCounts
{
    /// <summary>The number of drafts.</summary>
    [Id(0)]
    public int Draft { get; init; }

    /// <summary>The number of published versions.</summary>
    [Id(1)]
    public int Published { get; init; }

    /// <summary>The number of inactive versions.</summary>
    [Id(2)]
    public int Inactive { get; init; }

    /// <summary>The number of deleted versions.</summary>
    [Id(3)]
    public int Deleted { get; init; }

    /// <summary>The number of drafts and published versions whose serving is starting.</summary>
    [Id(4)]
    public int Starting { get; init; }

    /// <summary>The number of drafts and published versions whose serving failed to start.</summary>
    [Id(5)]
    public int Failed { get; init; }
}
