namespace OrleansRegistry;

/// <summary>The reason of a move of an alias.</summary>
[GenerateSerializer, Alias("OrleansRegistry.AliasReason")]
public enum AliasReason
{
    /// <summary>Somebody named the version by its number or id.</summary>
    Set = 0,

    /// <summary>A deployment or publish claimed it (rule AL4).</summary>
    Claimed = 1,

    /// <summary>Somebody named another alias, or the primary.</summary>
    Promoted = 2,

    /// <summary>A rollback of the alias (rule AL7).</summary>
    RolledBack = 3,

    /// <summary>Its version was deleted (rule AL5).</summary>
    Emptied = 4,

    /// <summary>The alias was removed, or its model was deleted (rule AL8).</summary>
    Removed = 5,
}
