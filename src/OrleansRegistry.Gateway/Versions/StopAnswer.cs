namespace OrleansRegistry.Gateway;

/// <summary>The answer of deactivating or deleting a version: either stops it.</summary>
internal sealed record StopAnswer
{
    /// <summary>The version after the command.</summary>
    public required VersionView Version { get; init; }

    /// <summary>Whether the command changed anything that a caller can see.</summary>
    public bool Changed { get; init; }

    /// <summary>Where the primary pointer went, or null when it stayed.</summary>
    public PrimaryChange? PrimaryChange { get; init; }

    /// <summary>Whether the version was the model's last, so that the model is deleted too.</summary>
    public bool ModelDeleted { get; init; }

    /// <summary>The moves of aliases, in the order of their names.</summary>
    public IReadOnlyList<AliasChange> AliasChanges { get; init; } = [];

    /// <summary>With <c>dry_run</c>: what refers to the version, <c>primary</c> and <c>alias:staging</c>. Else null.</summary>
    public IReadOnlyList<string>? References { get; init; }

    /// <summary>With <c>dry_run</c>: whether the version is in use. Else null.</summary>
    public TrafficView? Traffic { get; init; }

    /// <summary>
    /// With <c>drain_seconds</c>: how many calls that were admitted before still ran when the time was up. Else null.
    /// </summary>
    public int? InFlightLeft { get; init; }
}
