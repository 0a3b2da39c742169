using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>
/// The rows of artifacts and of their files. Every method throws <see cref="RegistryUnavailableException"/> when the
/// database can't answer, and those of one row <see cref="StateCorruptException"/> when it can't be read.
/// </summary>
internal interface IArtifactCatalog
{
    /// <summary>An artifact, or null when it isn't there or is about to be collected.</summary>
    Task<StoredArtifact?> FindArtifact(string workspace, string digest, CancellationToken cancellationToken);

    /// <summary>Whether an artifact is there, and is not about to be collected.</summary>
    Task<bool> HasArtifact(string workspace, string digest, CancellationToken cancellationToken);

    /// <summary>A file of an artifact that is there, or null.</summary>
    Task<ArtifactFile?> FindFile(string workspace, string digest, string path, CancellationToken cancellationToken);

    /// <summary>Whether an active or inactive version is deployed with an artifact.</summary>
    Task<bool> IsDeployed(string workspace, string digest, CancellationToken cancellationToken);

    /// <summary>Stores the files of an artifact; those that are there stay.</summary>
    Task StoreFiles(string workspace, string digest, ImmutableArray<ArtifactFile> files, CancellationToken cancellationToken);

    /// <summary>Removes the files of an artifact from its list.</summary>
    Task RemoveFiles(string workspace, string digest, CancellationToken cancellationToken);

    /// <summary>What is stored of files of a workspace, of those that anything is stored of.</summary>
    Task<ImmutableArray<StoredFile>> FindStored(string workspace, IReadOnlyCollection<string> sha256, CancellationToken cancellationToken);

    /// <summary>Stores the row of a file, in place of what was there.</summary>
    Task Store(string workspace, StoredFile file, CancellationToken cancellationToken);

    /// <summary>Removes the row of a file.</summary>
    Task Remove(string workspace, string sha256, CancellationToken cancellationToken);

    /// <summary>Whether an artifact of the workspace has a file.</summary>
    Task<bool> IsInArtifact(string workspace, string sha256, CancellationToken cancellationToken);

    /// <summary>Artifacts of all workspaces that are not collected yet, by their grains' keys, in order.</summary>
    Task<ImmutableArray<CollectionCandidate>> ListArtifacts(string after, int limit, CancellationToken cancellationToken);

    /// <summary>Files of all workspaces, by their uploads' grains' keys, in order.</summary>
    Task<ImmutableArray<CollectionCandidate>> ListFiles(string after, int limit, CancellationToken cancellationToken);
}

/// <summary>What is stored of a file.</summary>
internal sealed record StoredFile
{
    /// <summary>Its SHA-256.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its length in bytes, as the first request of its upload said.</summary>
    public required long Length { get; init; }

    /// <summary>How many bytes of it are there.</summary>
    public required long Stored { get; init; }

    /// <summary>Whether it is there, whole and verified.</summary>
    public bool IsComplete { get; init; }

    /// <summary>The last sign of its use.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Since when it is about to be collected, or null.</summary>
    public DateTimeOffset? MarkedAt { get; init; }

    /// <summary>Whether an artifact can have it.</summary>
    public bool IsThere => IsComplete && MarkedAt is null;
}

/// <summary>Something that may have to be collected.</summary>
/// <param name="Key">The key of its grain.</param>
/// <param name="IsUsed">Whether it is needed, as the rows say.</param>
/// <param name="UnusedSince">Since when it isn't, as far as is known, or null.</param>
/// <param name="MarkedAt">Since when it is marked, or null.</param>
internal sealed record CollectionCandidate(string Key, bool IsUsed, DateTimeOffset? UnusedSince, DateTimeOffset? MarkedAt);
