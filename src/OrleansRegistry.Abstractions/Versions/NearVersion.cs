namespace OrleansRegistry;

/// <summary>Why a selector doesn't lead to a version.</summary>
public enum NotTakenBecause
{
    /// <summary>Its number is not in the range.</summary>
    OutsideRange = 0,

    /// <summary>It is a prerelease, and the range names none of its kind.</summary>
    Prerelease = 1,

    /// <summary>It is deleted.</summary>
    Deleted = 2,

    /// <summary>It is inactive.</summary>
    Inactive = 3,

    /// <summary>It is a draft; a range leads to published versions.</summary>
    Draft = 4,

    /// <summary>Its serving is starting.</summary>
    Starting = 5,

    /// <summary>Its serving failed to start.</summary>
    Failed = 6,

    /// <summary>A version with a higher number is taken.</summary>
    LowerNumber = 7,

    /// <summary>The selector names another version.</summary>
    NotNamed = 8,

    /// <summary>It is not primary, and the selector asks for the primary.</summary>
    NotPrimary = 9,

    /// <summary>A rollback left it, and another version of the range is taken before it (rule P7).</summary>
    Left = 10,

    /// <summary>It is unhealthy, and another version of the range is taken before it (rule P7).</summary>
    Unhealthy = 11,
}

/// <summary>A version that a selector could have led to, and didn't.</summary>
public sealed record NearVersion
{
    /// <summary>The version's id.</summary>
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    public required string Version { get; init; }

    /// <summary>The version's state.</summary>
    public VersionState State { get; init; }

    /// <summary>The reason.</summary>
    public NotTakenBecause Reason { get; init; }
}
