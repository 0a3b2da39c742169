namespace OrleansRegistry;

/// <summary>The policy by which the primary moves when no command names it (rules P1 and P4).</summary>
[GenerateSerializer, Alias("OrleansRegistry.PrimaryPolicy")]
public enum PrimaryPolicy
{
    /// <summary>The most recently published version takes the pointer.</summary>
    LatestPublished = 0,

    /// <summary>Only promote, rollback and the fallback of rule P4 move the pointer.</summary>
    Manual = 1,
}
