using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Artifacts;

/// <summary>
/// The files of artifacts in a directory: <c>files/{workspace}/{first two digits}/{sha256}</c>, and
/// <c>parts/{workspace}/{sha256}</c> for uploads that are not finished.
/// </summary>
internal sealed class DiskFiles : IArtifactFiles
{
    private readonly long _minFreeBytes;
    private readonly ArtifactMarker _marker;

    /// <summary>Makes the store; <see cref="Start"/> finds out whether it can be used.</summary>
    /// <param name="directory">Where the files are; null for nowhere.</param>
    /// <param name="minFreeBytes">How much of the disk stays free.</param>
    public DiskFiles(string? directory, long minFreeBytes)
    {
        _minFreeBytes = minFreeBytes;
        Directory = directory is null ? null : Path.GetFullPath(directory);
        _marker = new ArtifactMarker(Directory ?? "");
        OffReason = Directory is null ? "Registry:Artifacts:Directory is not set" : "the node has not started yet";
    }

    /// <summary>The directory, or null when there is none.</summary>
    public string? Directory { get; }

    /// <inheritdoc/>
    public string? OffReason { get; private set; }

    private string Files => Path.Combine(Directory!, "files");

    /// <summary>Finds out whether the directory is the one that belongs to the database, and makes it when there is none so far.</summary>
    /// <param name="access">What all nodes of a deployment agree on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task Start(IAccessCatalog access, CancellationToken cancellationToken)
    {
        if (Directory is not null)
        {
            OffReason = await _marker.Check(access, cancellationToken);
        }
    }

    /// <summary>Takes the directory as it is, for reading: a process that is no node.</summary>
    public void Open() => OffReason = Directory is null ? OffReason : null;

    /// <inheritdoc/>
    public bool HasRoomFor(long bytes)
    {
        try
        {
            return new DriveInfo(Directory!).AvailableFreeSpace - bytes >= _minFreeBytes;
        }
        catch (IOException e)
        {
            throw new RegistryUnavailableException($"The disk of the artifacts can't be reached: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> Has(string workspace, string sha256, long size) =>
        ValueTask.FromResult(new FileInfo(FileOf(workspace, sha256)) is { Exists: true } file && file.Length == size);

    /// <inheritdoc/>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller owns the stream.")]
    public ValueTask<Stream?> OpenRead(string workspace, string sha256)
    {
        try
        {
            return ValueTask.FromResult<Stream?>(new FileStream(FileOf(workspace, sha256), new FileStreamOptions
            {
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                Share = FileShare.Read | FileShare.Delete,
            }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return ValueTask.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IArtifactPart?> OpenPart(string workspace, string sha256)
    {
        // Where a disk is not mounted any more, an empty directory is in its place: nothing is to be written there.
        if (!_marker.IsThere)
        {
            throw new RegistryUnavailableException($"The directory of the artifacts, {Directory}, is not there any more.");
        }

        var part = PartOf(workspace, sha256);
        PrivateDirectory.Create(Path.GetDirectoryName(part)!);
        var opened = await DiskPart.Open(part, FileOf(workspace, sha256), sha256);
        if (opened is not null && File.Exists(FileOf(workspace, sha256)))
        {
            // Somebody else has made the file while this one waited: the part is a new, empty one, or none any more.
            await opened.DisposeAsync();
            File.Delete(part);
            return null;
        }

        return opened;
    }

    /// <inheritdoc/>
    public ValueTask Remove(string workspace, string sha256)
    {
        Delete(FileOf(workspace, sha256));
        Delete(PartOf(workspace, sha256));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public IEnumerable<StoredFileName> List()
    {
        if (!System.IO.Directory.Exists(Files))
        {
            yield break;
        }

        foreach (var workspace in System.IO.Directory.EnumerateDirectories(Files).Order(StringComparer.Ordinal))
        {
            foreach (var file in new DirectoryInfo(workspace).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                yield return new StoredFileName(Path.GetFileName(workspace), file.Name, file.Length);
            }
        }
    }

    /// <summary>Where a file is, once it is whole.</summary>
    public string FileOf(string workspace, string sha256) => Path.Combine(Files, workspace, sha256[..2], sha256);

    private string PartOf(string workspace, string sha256) => Path.Combine(Directory!, "parts", workspace, sha256);

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever there.
        }
    }
}
