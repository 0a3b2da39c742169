using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The room on the disk for bodies that say late which model they are for: bounded for the gateway and for each
/// workspace, and never of the space that is to stay free.
/// </summary>
internal sealed partial class BodySpool(CallOptions options, ILogger<BodySpool> logger)
{
    private readonly SharedRoom _room = new(options.SpoolBytes);

    /// <summary>How many bytes are taken.</summary>
    public long Taken => _room.Taken;

    /// <summary>Begins to store a body, or answers null where that is not possible.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The body disposes of its file.")]
    public SpooledBody? Open(string workspace)
    {
        try
        {
            return new SpooledBody(this, workspace, OpenFile());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(Directory, e.Message);
            return null;
        }
    }

    /// <summary>Takes room; false when there is too little.</summary>
    internal bool TryTake(string workspace, long bytes) =>
        new DriveInfo(Directory).AvailableFreeSpace - bytes >= options.MinFreeBytes && _room.TryTake(workspace, bytes);

    /// <summary>Gives room back.</summary>
    internal void GiveBack(string workspace, long bytes) => _room.GiveBack(workspace, bytes);

    internal void Failed(string why) => LogFailed(Directory, why);

    private string Directory => options.SpoolDirectory is { Length: > 0 } directory ? directory : Path.GetTempPath();

    /// <summary>A file that nobody else reads, and that is gone with its handle, whatever ends the process.</summary>
    private FileStream OpenFile()
    {
        var how = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var path = Path.Combine(Directory, Path.GetRandomFileName());
        var file = new FileStream(path, how);
        try
        {
            File.Delete(path);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return file;
    }

    [LoggerMessage(240, LogLevel.Warning, "A body could not be stored in {Directory}: {Why}")]
    private partial void LogFailed(string directory, string why);
}

/// <summary>The beginning of a body, on the disk.</summary>
internal sealed class SpooledBody(BodySpool spool, string workspace, FileStream file) : IDisposable
{
    private int _isOver;

    /// <summary>How many bytes were stored.</summary>
    public long Length { get; private set; }

    /// <summary>Stores the next bytes; false when there is no room for them.</summary>
    public async Task<bool> TryWrite(ReadOnlySequence<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            if (!spool.TryTake(workspace, bytes.Length))
            {
                return false;
            }

            Length += bytes.Length;
            foreach (var part in bytes)
            {
                await file.WriteAsync(part, cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            spool.Failed(e.Message);
            return false;
        }
    }

    /// <summary>From now on it is read, from its beginning.</summary>
    public void Rewind() => file.Position = 0;

    /// <summary>Reads the next bytes; 0 at its end, at which it is given up.</summary>
    public async ValueTask<int> Read(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await file.ReadAsync(buffer, cancellationToken);
        if (read == 0 && !buffer.IsEmpty)
        {
            Dispose();
        }

        return read;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            file.Dispose();
            spool.GiveBack(workspace, Length);
        }
    }
}
