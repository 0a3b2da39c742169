using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>The answer of a deployment.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeployAnswer")]
public sealed record DeployAnswer
{
    /// <summary>The version: the new one, or as it is now the one that the idempotency key made before.</summary>
    [Id(0)]
    public required VersionView Version { get; init; }

    /// <summary>Whether the version was made by an earlier request with the same key.</summary>
    [Id(1)]
    public bool Replayed { get; init; }
}

/// <summary>The answer of a command on a version.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CommandAnswer")]
public sealed record CommandAnswer
{
    /// <summary>The version after the command.</summary>
    [Id(0)]
    public required VersionView Version { get; init; }

    /// <summary>Whether the command changed anything that a caller can see.</summary>
    [Id(1)]
    public bool Changed { get; init; }

    /// <summary>The move of the primary pointer, or null when it stayed.</summary>
    [Id(2)]
    public PrimaryChange? PrimaryChange { get; init; }

    /// <summary>Whether the version was the model's last, so that the model is deleted too.</summary>
    [Id(3)]
    public bool ModelDeleted { get; init; }

    /// <summary>The moves of aliases, in the order of their names.</summary>
    [Id(4)]
    public ImmutableArray<AliasChange> AliasChanges { get; init; } = [];

    /// <summary>
    /// Of a dry run that would stop the version: what refers to it, <c>primary</c> and <c>alias:staging</c> (rule AL9).
    /// Else null.
    /// </summary>
    [Id(5)]
    public IReadOnlyList<string>? References { get; init; }
}

/// <summary>A move of the primary pointer.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PrimaryChange")]
public sealed record PrimaryChange
{
    /// <summary>The id of the version that was primary, or null.</summary>
    [Id(0)]
    public string? From { get; init; }

    /// <summary>The id of the version that is primary now, or null.</summary>
    [Id(1)]
    public string? To { get; init; }
}
