using BitFaster.Caching.Lru;

namespace OrleansRegistry;

/// <summary>
/// Asks models which version a selector leads to now. The model's grain knows its active versions only; the catalog says what became of the
/// others, and why a start failed.
/// </summary>
public sealed class ModelResolver(IGrainFactory grains, IWorkspaceCatalog catalog)
{
    private const int MaxKnown = 10_000;

    // Making a reference to a grain costs about as much as asking it.
    private readonly ConcurrentLru<(string Workspace, string ModelId), IModelGrain> _models = new(MaxKnown);

    /// <summary>The version that a selector of a model leads to; null selects the primary.</summary>
    public async Task<Outcome<ResolvedVersion>> Resolve(string workspace, string modelId, string? selector, CancellationToken cancellationToken)
    {
        var model = Model(workspace, modelId);
        var outcome = await model.Resolve(selector);
        if (outcome.Error?.Code is not (ErrorCode.VersionNotFound or ErrorCode.ServingFailed))
        {
            return outcome;
        }

        var found = VersionId.TryParse(selector, out var id)
            ? id.ModelId == modelId ? await catalog.FindVersion(workspace, id, cancellationToken) : null
            : await catalog.FindVersion(workspace, modelId, selector!, cancellationToken);
        return found switch
        {
            null => outcome,
            { State: VersionState.Inactive } => new RegistryError(
                ErrorCode.VersionInactive, $"Version {found.Version} is inactive; activate it first."),
            { State: VersionState.Deleted } => new RegistryError(ErrorCode.VersionDeleted, $"Version {found.Version} is deleted."),
            { Serving: { Status: ServingStatus.Failed, Message: { } why } } => new RegistryError(
                ErrorCode.ServingFailed, $"Version {found.Version} is not up: its last start failed. {why}"),
            _ => await model.Resolve(selector) is var again && again.Error?.Code != ErrorCode.VersionNotFound
                ? again
                : new RegistryError(ErrorCode.Unavailable, $"Version {found.Version} is becoming active."),
        };
    }

    private IModelGrain Model(string workspace, string modelId) => _models.GetOrAdd(
        (workspace, modelId), static (model, grains) => grains.GetGrain<IModelGrain>(GrainKeys.Model(model.Workspace, model.ModelId)), grains);
}
