using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>A version's row that a model's write stores in the same statement.</summary>
internal sealed record VersionWrite
{
    /// <summary>The key of the version's grain.</summary>
    public required string Key { get; init; }

    /// <summary>The version the row must have, or null when there must be no row.</summary>
    public int? Expect { get; init; }

    public required ModelVersionState State { get; init; }
}
