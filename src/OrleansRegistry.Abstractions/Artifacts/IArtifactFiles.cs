using System.Buffers;

namespace OrleansRegistry;

/// <summary>
/// Where the bytes of artifacts are: a file has the name of its SHA-256, one copy in each workspace, visible only whole
/// and verified (rules F1 and F3). It knows no artifacts and no quota.
/// </summary>
internal interface IArtifactFiles
{
    /// <summary>Why this node has no artifacts, or null when it has.</summary>
    string? OffReason { get; }

    /// <summary>Says whether there is room for so many bytes more, and for what is to stay free.</summary>
    bool HasRoomFor(long bytes);

    /// <summary>Says whether a file is there, with its size.</summary>
    ValueTask<bool> Has(string workspace, string sha256, long size);

    /// <summary>Opens a file for reading; null when it isn't there.</summary>
    ValueTask<Stream?> OpenRead(string workspace, string sha256);

    /// <summary>Opens the part of a file that is being uploaded, empty when there is none; null while somebody else has it open.</summary>
    /// <exception cref="ArtifactsFullException">There is no room.</exception>
    ValueTask<IArtifactPart?> OpenPart(string workspace, string sha256);

    /// <summary>Removes a file, and the part of it that was uploaded.</summary>
    ValueTask Remove(string workspace, string sha256);

    /// <summary>All files there are.</summary>
    IEnumerable<StoredFileName> List();
}

/// <summary>The part of a file that is being uploaded. Nobody else has it open.</summary>
internal interface IArtifactPart : IAsyncDisposable
{
    /// <summary>Its length in bytes.</summary>
    long Length { get; }

    /// <summary>Keeps its first bytes only.</summary>
    void Truncate(long length);

    /// <summary>Adds bytes.</summary>
    /// <exception cref="ArtifactsFullException">There is no room.</exception>
    ValueTask Append(ReadOnlySequence<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Returns when all bytes would survive a failure of power.</summary>
    /// <exception cref="ArtifactsFullException">There is no room.</exception>
    ValueTask Flush();

    /// <summary>Makes it the file, if its bytes are those of the file; else it is removed, and the answer is false.</summary>
    /// <param name="progress">Called from time to time: reading the bytes takes a while.</param>
    /// <param name="cancellationToken">Ends it; the part stays.</param>
    ValueTask<bool> Commit(Func<Task> progress, CancellationToken cancellationToken);
}

/// <summary>Which file of which workspace.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Sha256">The file's SHA-256.</param>
/// <param name="Size">Its size in bytes.</param>
internal sealed record StoredFileName(string Workspace, string Sha256, long Size);

/// <summary>The disk of the artifacts is full.</summary>
internal sealed class ArtifactsFullException(string message, Exception innerException) : IOException(message, innerException);
