using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Artifacts;

/// <inheritdoc cref="IArtifactPackages"/>
/// <remarks>
/// They are <c>packages/{random}</c> in the directory of the artifacts, on the same disk, so that the files are links
/// where the disk has them. A link is the very file of the store: whoever may write it changes the artifact. A package for a process that
/// nothing but its user keeps from writing is made of copies.
/// </remarks>
/// <param name="files">The files.</param>
/// <param name="catalog">The rows of artifacts.</param>
internal sealed class ArtifactPackages(DiskFiles files, IArtifactCatalog catalog) : IArtifactPackages
{
    private const string LockSuffix = ".lock";

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Enterable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private string Root => Path.Combine(files.Directory!, "packages");

    [SuppressMessage("Reliability", "CA2000", Justification = "The package owns its lock.")]
    public async Task<IArtifactPackage?> Make(string workspace, string digest, bool copies, CancellationToken cancellationToken)
    {
        if (files.OffReason is not null || await catalog.FindArtifact(workspace, digest, cancellationToken) is not { } artifact)
        {
            return null;
        }

        PrivateDirectory.Create(Root);
        var path = Path.Combine(Root, Guid.NewGuid().ToString("N"));
        var package = new ArtifactPackage(path, PrivateFile.Open(path + LockSuffix, FileMode.CreateNew, FileAccess.ReadWrite));
        try
        {
            foreach (var file in artifact.Files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!await files.Has(workspace, file.Sha256, file.Size))
                {
                    await package.DisposeAsync();
                    return null;
                }

                Put(files.FileOf(workspace, file.Sha256), Path.Combine(path, file.Path), copies);
            }

            Seal(path);
            return package;
        }
        catch
        {
            await package.DisposeAsync();
            throw;
        }
    }

    /// <summary>Removes what processes have left that ended without doing so. Those that live hold their locks.</summary>
    public void RemoveAbandoned()
    {
        if (files.OffReason is not null || !Directory.Exists(Root))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(Root, "*" + LockSuffix))
        {
            try
            {
                using var taken = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                ArtifactPackage.Remove(file[..^LockSuffix.Length]);
                File.Delete(file);
            }
            catch (IOException)
            {
                // Its process lives.
            }
        }
    }

    private static void Put(string file, string target, bool copies)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (copies || !Posix.TryLink(file, target))
        {
            File.Copy(file, target);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(target, Readable);
        }
    }

    /// <summary>Takes the right to write away, from the innermost directory outwards.</summary>
    private static void Seal(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var folder in Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).OrderByDescending(folder => folder.Length).Append(path))
        {
            File.SetUnixFileMode(folder, Enterable);
        }
    }
}

/// <summary>A directory with the files of an artifact, read-only until it is disposed of.</summary>
internal sealed class ArtifactPackage : IArtifactPackage
{
    private readonly FileStream _lock;

    internal ArtifactPackage(string path, FileStream taken) => (Path, _lock) = (path, taken);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Removes the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        Remove(Path);
        File.Delete(_lock.Name);
        await _lock.DisposeAsync();
    }

    internal static void Remove(string path)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        if (!OperatingSystem.IsWindows())
        {
            foreach (var folder in Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).OrderBy(folder => folder.Length).Prepend(path).ToList())
            {
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.Delete(path, recursive: true);
    }
}
