namespace OrleansRegistry;

/// <summary>The reason of a move of the primary pointer.</summary>
[GenerateSerializer, Alias("OrleansRegistry.PrimaryReason")]
public enum PrimaryReason
{
    /// <summary>A publish claimed it (rules P1 and P3).</summary>
    Published = 0,

    /// <summary>Somebody named the version: promote, <c>promote_to</c>, or publish with <c>promote: true</c>.</summary>
    Promoted = 1,

    /// <summary>The primary stopped being active (rule P4), or was unhealthy for too long (rule HV4).</summary>
    Fallback = 2,

    /// <summary>A rollback (rule P5).</summary>
    Rollback = 3,

    /// <summary>A published version became routable while there was no primary (rule P4).</summary>
    Activated = 4,
}
