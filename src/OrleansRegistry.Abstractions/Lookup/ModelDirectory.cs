using BitFaster.Caching.Lru;

namespace OrleansRegistry;

/// <summary>
/// The models of workspaces by id or name, an id first. What it found out is kept: an id stays one for ever, and a name
/// leads to another id only after its model was deleted, which that model says itself when it is asked.
/// </summary>
internal sealed class ModelDirectory(IWorkspaceCatalog catalog)
{
    private const int MaxKnown = 10_000;
    private const int MaxTries = 5;

    private readonly ConcurrentLru<(string Workspace, string Text), Place> _known = new(MaxKnown);

    /// <summary>
    /// Asks the model that a text names. One that was found by name and says it is deleted is looked up again.
    /// </summary>
    public async Task<Outcome<T>> Ask<T>(string workspace, string text, Func<string, Task<Outcome<T>>> ask, CancellationToken cancellationToken)
        where T : class
    {
        for (var tries = 0; tries < MaxTries && await Find(workspace, text, cancellationToken) is { } place; tries++)
        {
            var outcome = await ask(place.Id);
            if (!place.IsName || outcome.Error?.Code != ErrorCode.ModelDeleted)
            {
                return outcome;
            }

            _known.TryRemove((workspace, text));
        }

        return NotFound(text);
    }

    /// <summary>
    /// Whether there is a model of an id, or was one. Asked before a grain is, which would be made for any id.
    /// </summary>
    public async Task<bool> Has(string workspace, string modelId, CancellationToken cancellationToken)
    {
        if (_known.TryGet((workspace, modelId), out var known))
        {
            return !known.IsName;
        }

        var isThere = await catalog.FindModel(workspace, modelId, cancellationToken) is not null;
        if (isThere)
        {
            _known.AddOrUpdate((workspace, modelId), new Place(modelId, IsName: false));
        }

        return isThere;
    }

    /// <summary>
    /// Reads the model that a text names: a living one by its name, also a deleted one by its id. Null when there is
    /// none.
    /// </summary>
    public async Task<CatalogModel?> Read(string workspace, string text, CancellationToken cancellationToken)
    {
        if (ModelId.IsWellFormed(text) && await catalog.FindModel(workspace, text, cancellationToken) is { } byId)
        {
            return byId;
        }

        return await FindName(workspace, text, cancellationToken) is { } id
            && await catalog.FindModel(workspace, id, cancellationToken) is { DeletedAt: null } byName
            ? byName
            : null;
    }

    /// <summary>The error of a model that doesn't exist.</summary>
    public static RegistryError NotFound(string text) => new(ErrorCode.ModelNotFound, $"There is no model '{text}'.");

    private async Task<Place?> Find(string workspace, string text, CancellationToken cancellationToken)
    {
        if (_known.TryGet((workspace, text), out var known))
        {
            return known;
        }

        var place = ModelId.IsWellFormed(text) && await catalog.FindModel(workspace, text, cancellationToken) is not null
            ? new Place(text, IsName: false)
            : await FindName(workspace, text, cancellationToken) is { } id ? new Place(id, IsName: true) : null;
        if (place is not null)
        {
            _known.AddOrUpdate((workspace, text), place);
        }

        return place;
    }

    private async Task<string?> FindName(string workspace, string text, CancellationToken cancellationToken)
    {
        var name = ModelName.Normalize(text);
        return ModelName.Problem(name) is null ? await catalog.FindModelId(workspace, name, cancellationToken) : null;
    }

    private sealed record Place(string Id, bool IsName);
}
