using System.Collections.Concurrent;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Says which version a selector leads to now. The model's grain knows its active versions only; the catalog says what became of the others,
/// and why a start failed.
/// </summary>
public sealed class VersionResolver(ModelLookup lookup, IGrainFactory grains, IRegistryCatalog catalog)
{
    private const int MaxKnown = 10_000;

    // Making a reference to a grain costs about as much as asking it.
    private readonly ConcurrentDictionary<(string Workspace, string ModelId), IModelGrain> _models = new();

    /// <summary>The version that a selector of a model leads to; null selects the primary. What a caller doesn't reach is not there for them.</summary>
    public Task<Outcome<ResolvedVersion>> Resolve(RequestCaller caller, string model, string? selector, CancellationToken cancellationToken) => lookup.Ask(
        caller.Workspace,
        model,
        id => caller.Reaches(id)
            ? Ask(caller.Workspace, id, selector, cancellationToken)
            : Task.FromResult<Outcome<ResolvedVersion>>(ModelLookup.NotFound(model)),
        cancellationToken);

    /// <summary>A version by its id.</summary>
    public async Task<Outcome<ResolvedVersion>> Resolve(RequestCaller caller, VersionId id, CancellationToken cancellationToken)
    {
        var selector = id.ToString();
        if (!caller.Reaches(id.ModelId))
        {
            return Routes.NoVersion(selector);
        }

        var outcome = await Ask(caller.Workspace, id.ModelId, selector, cancellationToken);
        return outcome.Error?.Code switch
        {
            ErrorCode.ModelNotFound => Routes.NoVersion(selector),
            ErrorCode.ModelDeleted => new RegistryError(ErrorCode.VersionDeleted, $"Version {selector} is deleted, with its model."),
            _ => outcome,
        };
    }

    private async Task<Outcome<ResolvedVersion>> Ask(string workspace, string modelId, string? selector, CancellationToken cancellationToken)
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

    private IModelGrain Model(string workspace, string modelId)
    {
        if (_models.TryGetValue((workspace, modelId), out var known))
        {
            return known;
        }

        if (_models.Count >= MaxKnown)
        {
            _models.Clear();
        }

        return _models[(workspace, modelId)] = grains.GetGrain<IModelGrain>(GrainKeys.Model(workspace, modelId));
    }
}
