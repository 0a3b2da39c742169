namespace OrleansRegistry;

/// <summary>
/// Publishes a draft, or with <see cref="Promote"/> claims the pointer for a version that is published already (rules
/// P1, P3).
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PublishCommand")]
internal sealed record PublishCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>Whether it claims the pointer; null for what rule P1 says.</summary>
    [Id(2)]
    public bool? Promote { get; init; }

    /// <summary>With <c>promote: true</c>: the primary the caller expects, an id or null for none (rule P5).</summary>
    [Id(3)]
    public Optional<string> From { get; init; }

    /// <summary>The aliases that it claims (rule AL4), or null for none.</summary>
    [Id(4)]
    public IReadOnlyList<string>? Aliases { get; init; }

    /// <summary>Claim with <c>promote: true</c> although the version is unhealthy (rule HV3).</summary>
    [Id(5)]
    public bool Force { get; init; }
}

/// <summary>Makes a routable version primary (rule P2).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PromoteCommand")]
internal sealed record PromoteCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>The primary the caller expects, an id or null for none (rule P5).</summary>
    [Id(2)]
    public Optional<string> From { get; init; }

    /// <summary>Promote although the version is unhealthy (rule HV3).</summary>
    [Id(3)]
    public bool Force { get; init; }
}

/// <summary>Brings an inactive version back, or starts a failed one again (rule L3).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ActivateCommand")]
internal sealed record ActivateCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>Where it answers from now on; null to keep what it had.</summary>
    [Id(2)]
    public ServingSpec? Serving { get; init; }

    /// <summary>How the registry runs it from now on; null to keep what it had.</summary>
    [Id(3)]
    public RuntimeSpec? Runtime { get; init; }
}

/// <summary>Replaces the servers of a version (rule SV3).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PutServersCommand")]
internal sealed record PutServersCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>All its servers from now on, the first one first.</summary>
    [Id(2)]
    public required IReadOnlyList<ServingServer> Servers { get; init; }
}

/// <summary>Deactivates a version (rules L2 and P4).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeactivateCommand")]
internal sealed record DeactivateCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>The id of the version that takes the pointer if this one holds it, or null.</summary>
    [Id(2)]
    public string? PromoteTo { get; init; }

    /// <summary>Refuse, with <see cref="ErrorCode.IsPrimary"/>, if the version is primary.</summary>
    [Id(3)]
    public bool RefuseIfPrimary { get; init; }

    /// <summary>Refuse, with <see cref="ErrorCode.VersionReferenced"/>, if anything refers to the version (rule AL9).</summary>
    [Id(4)]
    public bool RefuseIfReferenced { get; init; }

    /// <summary>Promote <see cref="PromoteTo"/> although that is unhealthy (rule HV3).</summary>
    [Id(5)]
    public bool Force { get; init; }
}

/// <summary>Deletes a version (rules L4, L5 and P4).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeleteCommand")]
internal sealed record DeleteCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>The id of the version that takes the pointer if this one holds it, or null.</summary>
    [Id(2)]
    public string? PromoteTo { get; init; }

    /// <summary>Refuse, with <see cref="ErrorCode.IsPrimary"/>, if the version is primary.</summary>
    [Id(3)]
    public bool RefuseIfPrimary { get; init; }

    /// <summary>Refuse, with <see cref="ErrorCode.VersionReferenced"/>, if anything refers to the version (rule AL9).</summary>
    [Id(4)]
    public bool RefuseIfReferenced { get; init; }

    /// <summary>Delete although a protected alias points to the version (rule AL6).</summary>
    [Id(5)]
    public bool ReleaseAliases { get; init; }

    /// <summary>Promote <see cref="PromoteTo"/> although that is unhealthy (rule HV3).</summary>
    [Id(6)]
    public bool Force { get; init; }
}

/// <summary>Changes what a version says of itself, by RFC 7396 merge.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PatchVersionCommand")]
internal sealed record PatchVersionCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Which version.</summary>
    [Id(1)]
    public required int Ordinal { get; init; }

    /// <summary>The new description; null removes it.</summary>
    [Id(2)]
    public Optional<string> Description { get; init; }

    /// <summary>Labels to set, or to remove where the value is null; null as a whole removes all.</summary>
    [Id(3)]
    public Optional<IReadOnlyDictionary<string, string?>> Labels { get; init; }
}
