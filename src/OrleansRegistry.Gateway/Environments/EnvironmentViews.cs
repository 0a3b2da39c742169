using System.Collections.Immutable;
using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Gateway;

/// <summary>The environments in which this registry runs versions.</summary>
internal sealed record EnvironmentList
{
    /// <summary>Why this registry runs no versions, and what to do about it; null when it does.</summary>
    public required string? Off { get; init; }

    /// <summary>The environments, in the order in which they are tried.</summary>
    public required ImmutableArray<EnvironmentView> Environments { get; init; }

    /// <summary>What an <c>instance_type</c> gives a version's process, by its name.</summary>
    public required ImmutableSortedDictionary<string, InstanceTypeView> InstanceTypes { get; init; }
}

/// <summary>An environment.</summary>
internal sealed record EnvironmentView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The formats of the artifacts that it serves.</summary>
    public required ImmutableArray<ArtifactFormat> Formats { get; init; }

    /// <summary>The version of its Python, or null when it has none.</summary>
    public required string? Python { get; init; }

    /// <summary>The versions of its packages, by names as PEP 503 normalizes them.</summary>
    public required ImmutableSortedDictionary<string, string> Packages { get; init; }

    /// <summary>Why nothing runs in it, and what to do about it; null when it runs.</summary>
    public required string? Off { get; init; }
}

/// <summary>What an instance type gives a process.</summary>
internal sealed record InstanceTypeView
{
    /// <summary>The memory of all its processes together, in MiB.</summary>
    public required int MemoryMib { get; init; }

    /// <summary>Its processors.</summary>
    public required int Cpus { get; init; }

    /// <summary>How many processes and threads it may have.</summary>
    public required int Processes { get; init; }
}

/// <summary>Whether an artifact would run.</summary>
internal sealed record EnvironmentMatchView
{
    /// <summary>The environment in which it would run: the first that fits. Null for none.</summary>
    public required string? Environment { get; init; }

    /// <summary>Why this registry runs no versions, and what to do about it; null when it does.</summary>
    public required string? Off { get; init; }

    /// <summary>The environments, in the order in which they are tried.</summary>
    public required ImmutableArray<EnvironmentFitView> Environments { get; init; }
}

/// <summary>Whether an environment fits an artifact.</summary>
internal sealed record EnvironmentFitView
{
    /// <summary>The environment's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the artifact would run in it.</summary>
    public required bool Fits { get; init; }

    /// <summary>The things that the artifact needs and the environment lacks.</summary>
    public required ImmutableArray<EnvironmentDifference> Differences { get; init; }

    /// <summary>Why nothing runs in it, and what to do about it; null when it runs.</summary>
    public required string? Off { get; init; }
}
