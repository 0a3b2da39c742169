using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>The environments in which this registry runs versions.</summary>
internal sealed record EnvironmentList
{
    /// <summary>Why this registry runs no versions, and what to do about it; null when it does.</summary>
    public required string? Off { get; init; }

    /// <summary>The environments, in the order in which they are tried.</summary>
    public required ImmutableArray<ServingEnvironmentView> Environments { get; init; }

    /// <summary>The instance types that versions with a process may have, by name.</summary>
    public required ImmutableArray<InstanceTypeView> InstanceTypes { get; init; }
}

/// <summary>An environment.</summary>
internal sealed record ServingEnvironmentView
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
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

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
    public required ImmutableArray<EnvironmentDifferenceView> Differences { get; init; }

    /// <summary>Why nothing runs in it, and what to do about it; null when it runs.</summary>
    public required string? Off { get; init; }
}

/// <summary>Something that an environment lacks.</summary>
internal sealed record EnvironmentDifferenceView
{
    /// <summary><c>format</c>, <c>python</c>, or the name of a package.</summary>
    public required string Name { get; init; }

    /// <summary>The format or the version that the artifact needs.</summary>
    public required string Needs { get; init; }

    /// <summary>The format or the version that the environment has, or null when it has none.</summary>
    public required string? Has { get; init; }
}
