using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>The server that answers: its version, its optional parts, and how much it takes.</summary>
internal sealed record ServerAnswer
{
    /// <summary>The version of the registry, a semantic version.</summary>
    public required string Version { get; init; }

    /// <summary>The version of this interface: what the paths begin with.</summary>
    public required string Api { get; init; }

    /// <summary>
    /// The optional parts that it has, by name: <c>artifacts</c>, <c>dashboard</c>, <c>oidc</c>, <c>runtime</c>. A later release may have more.
    /// </summary>
    public required ImmutableArray<string> Features { get; init; }

    /// <summary>The optional parts that are off here, by name, and why.</summary>
    public required ImmutableSortedDictionary<string, string> Off { get; init; }

    /// <summary>How much a request may ask for.</summary>
    public required ServerLimits Limits { get; init; }
}

/// <summary>How much a request may ask for.</summary>
internal sealed record ServerLimits
{
    /// <summary>The longest body of a command, in bytes.</summary>
    public required int MaxBodyBytes { get; init; }

    /// <summary>The longest body of a call, in bytes.</summary>
    public required long MaxCallBodyBytes { get; init; }

    /// <summary>The best size of the body of a request that uploads a part of a file, in bytes.</summary>
    public required int PartSize { get; init; }

    /// <summary>The most items of a page.</summary>
    public required int MaxPageSize { get; init; }
}
