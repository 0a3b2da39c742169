using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Artifacts;

/// <inheritdoc cref="IArtifactGrain"/>
/// <remarks>
/// The list of files is stored between two writes of the row. The first one makes an artifact that isn't there for
/// anybody yet, as if it were about to be collected: what a crash leaves is collected.
/// </remarks>
internal sealed class ArtifactGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IArtifactCatalog catalog,
    TimeProvider clock,
    ILogger<ArtifactGrain> logger)
    : IGrainBase, IArtifactGrain, IPerhapsUnknown
{
    /// <summary>As many files as an answer names.</summary>
    private const int MaxNamed = 100;

    private readonly CommandRow<ArtifactState> _row = new(storage, StorageNames.Artifact, context, clock, logger);
    private readonly (string Workspace, string Digest) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _row.IsUnknown;

    public async Task<Outcome<ArtifactAnswer>> Create(CreateArtifactCommand command)
    {
        if (await FindMissing(command.Manifest) is { } missing)
        {
            return missing;
        }

        var now = clock.GetInstant();
        var isNew = await _row.Read() is null or { RemovedAt: not null };
        if (isNew)
        {
            var hidden = ArtifactState.Of(command.Manifest, command.Context.Actor, now) with { MarkedAt = now };
            var begun = await _row.Change(
                command.Context with { CommandId = Guid.CreateVersion7(now) },
                row => hidden with { ExtensionData = row?.ExtensionData },
                _ => []);
            if (begun.Error is { } refusal)
            {
                return refusal;
            }
        }

        if (_row.Value is { MarkedAt: not null })
        {
            await catalog.StoreFiles(_key.Workspace, _key.Digest, command.Manifest.Files, CancellationToken.None);
        }

        var made = await _row.Change(
            command.Context,
            row => row switch
            {
                null => StoreErrors.Unavailable(),
                { MarkedAt: null } => row,
                _ => row with { MarkedAt = null, UnusedSince = now },
            },
            row => isNew ? [ArtifactEvents.Created(_key.Digest, row).By(command.Context, now)] : []);
        return made.TryGet(out var stored, out var error)
            ? new ArtifactAnswer
            {
                Artifact = new StoredArtifact
                {
                    Digest = _key.Digest,
                    Format = stored.Format,
                    Requires = stored.Requires,
                    Files = ArtifactDigest.Sort(command.Manifest.Files),
                    SizeBytes = stored.SizeBytes,
                    CreatedAt = stored.CreatedAt,
                    CreatedBy = stored.CreatedBy,
                },
                IsNew = isNew,
            }
            : error;
    }

    public async Task Collect()
    {
        if (await _row.Read() is not { RemovedAt: null } artifact)
        {
            return;
        }

        var now = clock.GetInstant();
        var isUsed = await catalog.IsDeployed(_key.Workspace, _key.Digest, CancellationToken.None);
        switch (CollectionRules.Next(isUsed, artifact.UnusedSince, artifact.MarkedAt, now))
        {
            case CollectionStep.Keep:
                await _row.Note(row => row with { UnusedSince = null, MarkedAt = null });
                break;
            case CollectionStep.NoteUnused:
                await _row.Note(row => row with { UnusedSince = now });
                break;
            case CollectionStep.Mark:
                await _row.Note(row => row with { MarkedAt = now });
                break;
            case CollectionStep.Remove:
                // The list first: while the row is there, it is found again after a crash.
                await catalog.RemoveFiles(_key.Workspace, _key.Digest, CancellationToken.None);
                var command = CommandContext.For(CollectionWorker.Actor, Role.Operator, now);
                _ = await _row.Change(
                    command,
                    row => row! with { RemovedAt = now },
                    _ => [ArtifactEvents.Removed(_key.Digest).By(command, now)]);
                break;
            case CollectionStep.None:
            default:
                break;
        }
    }

    /// <summary>Which files were not uploaded to the workspace, or have another size there.</summary>
    private async Task<RegistryError?> FindMissing(ArtifactManifest manifest)
    {
        string[] names = [.. manifest.Files.Select(file => file.Sha256).Distinct()];
        var stored = (await catalog.FindStored(_key.Workspace, names, CancellationToken.None))
            .Where(file => file.IsThere)
            .ToDictionary(file => file.Sha256, file => file.Length);
        FieldError[] problems =
        [
            .. manifest.Files.Index().Where(file => !stored.ContainsKey(file.Item.Sha256))
                .Select(file => Problem(file.Index, "sha256", "was not uploaded")),
            .. manifest.Files.Index().Where(file => stored.TryGetValue(file.Item.Sha256, out var length) && length != file.Item.Size)
                .Select(file => Problem(file.Index, "size", "is not the size of the file that was uploaded")),
        ];
        return problems.Length == 0 ? null : new RegistryError(
            ErrorCode.FileMissing,
            string.Create(CultureInfo.InvariantCulture, $"{problems.Length} of {manifest.Files.Length} files are not there as the manifest says."))
        {
            Fields = [.. problems.Take(MaxNamed)],
        };

        static FieldError Problem(int place, string field, string message) =>
            new(string.Create(CultureInfo.InvariantCulture, $"files[{place}].{field}"), message);
    }
}
