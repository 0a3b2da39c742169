using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansRegistry.Artifacts;

/// <summary>
/// The part of a file, locked: the system lets no other process open it, and gives it back when this one is killed.
/// </summary>
internal sealed class DiskPart : IArtifactPart
{
    private const int BufferBytes = 128 * 1024;

    /// <summary>How many bytes are verified between two signs of life.</summary>
    private const long BytesBetweenSigns = 64L * 1024 * 1024;

    private readonly FileStream _stream;
    private readonly string _path;
    private readonly string _target;
    private readonly string _sha256;

    private DiskPart(FileStream stream, string path, string target, string sha256) =>
        (_stream, _path, _target, _sha256) = (stream, path, target, sha256);

    /// <inheritdoc/>
    public long Length => _stream.Length;

    /// <summary>Opens a part; null while somebody else has it open.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="target">Where the file is to be.</param>
    /// <param name="sha256">The file's SHA-256.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller owns the part, which owns its stream.")]
    public static ValueTask<DiskPart?> Open(string path, string target, string sha256)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            // Windows renames no file that is open otherwise.
            Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return ValueTask.FromResult<DiskPart?>(new DiskPart(new FileStream(path, options), path, target, sha256));
        }
        catch (IOException e) when (DiskErrors.IsFull(e))
        {
            throw DiskErrors.Full(e);
        }
        catch (IOException) when (File.Exists(path))
        {
            return ValueTask.FromResult<DiskPart?>(null);
        }
    }

    /// <inheritdoc/>
    public void Truncate(long length)
    {
        _stream.SetLength(length);
        _stream.Position = length;
    }

    /// <inheritdoc/>
    public async ValueTask Append(ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var some in bytes)
            {
                await _stream.WriteAsync(some, cancellationToken);
            }
        }
        catch (IOException e) when (DiskErrors.IsFull(e))
        {
            throw DiskErrors.Full(e);
        }
    }

    /// <inheritdoc/>
    [SuppressMessage("Performance", "CA1849", Justification = "Nothing else flushes to the disk.")]
    public ValueTask Flush()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
            return ValueTask.CompletedTask;
        }
        catch (IOException e) when (DiskErrors.IsFull(e))
        {
            throw DiskErrors.Full(e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> Commit(Func<Task> progress, CancellationToken cancellationToken)
    {
        await Flush();
        if (await Hash(progress, cancellationToken) != _sha256)
        {
            File.Delete(_path);
            return false;
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_path, UnixFileMode.UserRead);
        }

        var folder = Path.GetDirectoryName(_target)!;
        PrivateDirectory.Create(folder);
        File.Move(_path, _target, overwrite: true);
        // The name, and the names of the folders above that may be new.
        Posix.Flush(folder);
        Posix.Flush(Path.GetDirectoryName(folder)!);
        Posix.Flush(Path.GetDirectoryName(Path.GetDirectoryName(folder)!)!);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<string> Hash(Func<Task> progress, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            _stream.Position = 0;
            var sign = BytesBetweenSigns;
            while (await _stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                if (_stream.Position >= sign)
                {
                    sign += BytesBetweenSigns;
                    await progress();
                }
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
