using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// An artifact of a workspace: whether it is there, and until when. Key: <see cref="GrainKeys.OfArtifact"/>.
/// </summary>
[Alias("OrleansRegistry.IArtifactGrain")]
internal interface IArtifactGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// Makes the artifact, all of whose files are there (rule F1). The same again changes nothing, except that it is
    /// not collected if it was about to be.
    /// </summary>
    [Alias("Create")]
    Task<Outcome<ArtifactAnswer>> Create(CreateArtifactCommand command);

    /// <summary>Takes the next step towards its collection, or away from it (rule F6).</summary>
    [Alias("Collect")]
    Task Collect();
}

/// <summary>Makes an artifact.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CreateArtifactCommand")]
internal sealed record CreateArtifactCommand
{
    /// <summary>Who, until when.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The manifest, well formed; its digest is in the grain's key.</summary>
    [Id(1)]
    public required ArtifactManifest Manifest { get; init; }
}

/// <summary>What became of an artifact.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ArtifactAnswer")]
internal sealed record ArtifactAnswer
{
    /// <summary>The artifact.</summary>
    [Id(0)]
    public required StoredArtifact Artifact { get; init; }

    /// <summary>Whether it was made just now.</summary>
    [Id(1)]
    public bool IsNew { get; init; }
}
