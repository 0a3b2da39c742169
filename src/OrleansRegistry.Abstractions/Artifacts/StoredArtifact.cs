using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>An artifact: files that are served together. It never changes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.StoredArtifact")]
internal sealed record StoredArtifact
{
    /// <summary>Its digest, 64 lower-case hexadecimal digits: deployments name it by this.</summary>
    [Id(0)]
    public required string Digest { get; init; }

    /// <summary>What the files are.</summary>
    [Id(1)]
    public required ArtifactFormat Format { get; init; }

    /// <summary>What an environment must have to serve it.</summary>
    [Id(2)]
    public required ArtifactRequirements Requires { get; init; }

    /// <summary>The files, in the order of their paths' bytes.</summary>
    [Id(3)]
    public required ImmutableArray<ArtifactFile> Files { get; init; }

    /// <summary>The size of all files together, in bytes.</summary>
    [Id(4)]
    public required long SizeBytes { get; init; }

    /// <summary>The instant at which it was made.</summary>
    [Id(5)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller who made it.</summary>
    [Id(6)]
    public required string CreatedBy { get; init; }
}
