namespace OrleansRegistry;

/// <summary>Directories with the files of an artifact, for what serves them on this node.</summary>
internal interface IArtifactPackages
{
    /// <summary>
    /// Makes a directory with the files of an artifact, which nobody writes to. Null when the artifact, or one of its
    /// files, isn't there; disposing of it removes the directory.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="digest">The artifact's digest.</param>
    /// <param name="copies">Whether the files are copies in any case.</param>
    /// <param name="cancellationToken">Ends it, and leaves nothing.</param>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<IArtifactPackage?> Make(string workspace, string digest, bool copies, CancellationToken cancellationToken);
}

/// <summary>A directory with the files of an artifact, read-only until it is disposed of.</summary>
internal interface IArtifactPackage : IAsyncDisposable
{
    /// <summary>Where it is.</summary>
    string Path { get; }
}
