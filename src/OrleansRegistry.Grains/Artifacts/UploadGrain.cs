using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansRegistry.Models;
using OrleansRegistry.State;

namespace OrleansRegistry.Artifacts;

/// <inheritdoc cref="IUploadGrain"/>
/// <remarks>
/// It says who writes; the part on the disk, which only one process can open, is the second line. So a writer that is
/// not heard of for a while can be succeeded by another one, and what both write is verified before it is the file.
/// </remarks>
internal sealed class UploadGrain(
    IGrainContext context,
    IArtifactCatalog catalog,
    IArtifactFiles files,
    WorkspaceUses uses,
    IOptions<ModelOptions> options,
    TimeProvider clock)
    : IGrainBase, IUploadGrain, IPerhapsUnknown
{
    private readonly (string Workspace, string Sha256) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);
    private Guid? _writer;
    private long _heardAt;
    private bool _isUnknown;

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _isUnknown && _writer is null;

    public async Task<Outcome<UploadGrant>> Begin(BeginUpload request)
    {
        if (!IsFree(request.Writer))
        {
            return new RegistryError(ErrorCode.UploadInProgress, $"Another request is writing file {_key.Sha256}.");
        }

        if (!(await Prepare(request)).TryGet(out var file, out var refusal))
        {
            return refusal;
        }

        if (file.IsComplete || file.Stored == request.Offset)
        {
            Hear(request.Writer);
        }

        return new UploadGrant { Length = file.Length, Stored = file.Stored, IsComplete = file.IsComplete };
    }

    public async Task<bool> Advance(Guid writer, long stored)
    {
        if (!IsFree(writer) || await Find() is not { } file)
        {
            return false;
        }

        Hear(writer);
        if (file.IsComplete || file.Stored != stored)
        {
            await Store(file with { Stored = stored, IsComplete = false, MarkedAt = null });
        }

        return true;
    }

    public async Task<bool> Complete(Guid writer)
    {
        if (!IsFree(writer) || await Find() is not { } file)
        {
            return false;
        }

        await Store(file with { Stored = file.Length, IsComplete = true, MarkedAt = null });
        return true;
    }

    public async Task Drop(Guid writer)
    {
        if (IsFree(writer))
        {
            await catalog.Remove(_key.Workspace, _key.Sha256, CancellationToken.None);
            _isUnknown = true;
        }
    }

    public Task Leave(Guid writer)
    {
        if (_writer == writer)
        {
            _writer = null;
        }

        return Task.CompletedTask;
    }

    public async Task Collect()
    {
        if (!IsFree(Guid.Empty) || files.OffReason is not null || await Find() is not { } file)
        {
            return;
        }

        var now = clock.GetInstant();
        var isUsed = await catalog.IsInArtifact(_key.Workspace, _key.Sha256, CancellationToken.None);
        switch (CollectionRules.Next(isUsed, isUsed ? null : file.ChangedAt, file.MarkedAt, now))
        {
            case CollectionStep.Keep:
                await Store(file with { MarkedAt = null });
                break;
            case CollectionStep.Mark:
                await catalog.Store(_key.Workspace, file with { MarkedAt = now }, CancellationToken.None);
                break;
            case CollectionStep.Remove:
                // The bytes first: while the row is there, it is found again after a crash.
                await files.Remove(_key.Workspace, _key.Sha256);
                await catalog.Remove(_key.Workspace, _key.Sha256, CancellationToken.None);
                _isUnknown = true;
                break;
            case CollectionStep.None:
            case CollectionStep.NoteUnused:
            default:
                break;
        }
    }

    /// <summary>The row that a writer goes on from, made or changed as its request says.</summary>
    private async Task<Outcome<StoredFile>> Prepare(BeginUpload request)
    {
        var found = await Find();
        if (found is { IsComplete: true })
        {
            // It is wanted again: it isn't collected for a day.
            var kept = found with { MarkedAt = null, ChangedAt = clock.GetInstant() };
            await catalog.Store(_key.Workspace, kept, CancellationToken.None);
            return kept;
        }

        if (found is not null && (request.Length is null || request.Length == found.Length))
        {
            return found;
        }

        if (request.Offset != 0)
        {
            return found ?? new StoredFile { Sha256 = _key.Sha256, Length = 0, Stored = 0, ChangedAt = default };
        }

        if (request.Length is not { } length)
        {
            return RegistryError.Invalid("Upload-Length", "is required with the first bytes of a file");
        }

        var more = WorkspaceUse.OfFile(length);
        if (await Exceeds(more.ArtifactBytes) is { } exceeded)
        {
            return exceeded;
        }

        uses.Add(_key.Workspace, more);
        return await Store(new StoredFile { Sha256 = _key.Sha256, Length = length, Stored = 0, ChangedAt = clock.GetInstant() });
    }

    /// <summary>Why the workspace can't have so many bytes more, or null. Uploads that begin on several silos at once may overrun the quota.</summary>
    private async Task<RegistryError?> Exceeds(long more)
    {
        var quota = options.Value.ArtifactBytesPerWorkspace;
        var use = await uses.Get(_key.Workspace, isExact: false);
        if (use.ArtifactBytes + more > quota - (quota / 20))
        {
            use = await uses.Get(_key.Workspace, isExact: true);
        }

        return use.ArtifactBytes + more <= quota ? null : new RegistryError(
            ErrorCode.QuotaExceeded,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The workspace has {use.ArtifactBytes} bytes of files, and may have {quota}; {more} more are too many."));
    }

    private async Task<StoredFile?> Find()
    {
        var found = (await catalog.FindStored(_key.Workspace, [_key.Sha256], CancellationToken.None)).FirstOrDefault();
        _isUnknown = found is null;
        return found;
    }

    private async Task<StoredFile> Store(StoredFile file)
    {
        var stored = file with { ChangedAt = clock.GetInstant() };
        await catalog.Store(_key.Workspace, stored, CancellationToken.None);
        _isUnknown = false;
        return stored;
    }

    /// <summary>Whether nobody else writes, as far as is known here: after a restart whoever speaks first does.</summary>
    private bool IsFree(Guid writer) =>
        _writer is null || _writer == writer || clock.GetElapsedTime(_heardAt) > IUploadGrain.HoldDuration;

    private void Hear(Guid writer) => (_writer, _heardAt) = (writer, clock.GetTimestamp());
}
