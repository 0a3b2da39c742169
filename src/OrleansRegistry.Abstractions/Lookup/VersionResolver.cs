using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using BitFaster.Caching.Lru;

namespace OrleansRegistry;

/// <summary>
/// Says which version a selector leads to now. The model's grain knows its active versions only; the catalog says what became of the others,
/// and why a start failed. Models that a caller is not limited to are not there for them.
/// </summary>
/// <param name="grains">The models.</param>
/// <param name="catalog">What is stored.</param>
/// <param name="directory">The names of models.</param>
/// <param name="local">What can be read without asking a grain, or null where the process holds no models.</param>
internal sealed class VersionResolver(
    IGrainFactory grains, IWorkspaceCatalog catalog, ModelDirectory directory, ILocalRoutes? local = null)
{
    private const int MaxKnown = 10_000;
    private const string PrimarySelector = "@primary";

    // Making a reference to a grain costs about as much as asking it.
    private readonly ConcurrentLru<(string Workspace, string ModelId), IModelGrain> _models = new(MaxKnown);

    /// <summary>Resolves a selector of a model, which is named by id or name.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="model">The model.</param>
    /// <param name="selector">A number, a range, a version's id or <c>@</c> and an alias; null for the primary.</param>
    /// <param name="modelIds">The only models that the caller may reach, by id; empty or default for all.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <param name="seen">Of a call that waits for a start, the revision that it knows (<see cref="IModelGrain.Await"/>).</param>
    public Task<Outcome<ResolvedVersion>> Resolve(
        string workspace, string model, string? selector, ImmutableArray<string> modelIds, CancellationToken cancellationToken, int? seen = null) => directory.Ask(
        workspace,
        model,
        id => IsReached(id, modelIds)
            ? Resolve(workspace, id, selector, seen, cancellationToken)
            : Task.FromResult<Outcome<ResolvedVersion>>(ModelDirectory.NotFound(model)),
        cancellationToken);

    /// <summary>Resolves a version's id.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="id">The version.</param>
    /// <param name="modelIds">The only models that the caller may reach, by id; empty or default for all.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <param name="seen">Of a call that waits for a start, the revision that it knows (<see cref="IModelGrain.Await"/>).</param>
    public async Task<Outcome<ResolvedVersion>> Resolve(
        string workspace, VersionId id, ImmutableArray<string> modelIds, CancellationToken cancellationToken, int? seen = null)
    {
        if (!IsReached(id.ModelId, modelIds) || !await directory.Has(workspace, id.ModelId, cancellationToken))
        {
            return NotFound(id.ToString());
        }

        return OfVersion(id.ToString(), await Resolve(workspace, id.ModelId, id.ToString(), seen, cancellationToken));
    }

    /// <summary>Resolves one version, which is named by its model and number.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="model">The model, by id or name.</param>
    /// <param name="number">The number.</param>
    /// <param name="modelIds">The only models that the caller may reach, by id; empty or default for all.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <param name="seen">Of a call that waits for a start, the revision that it knows (<see cref="IModelGrain.Await"/>).</param>
    public async Task<Outcome<ResolvedVersion>> ResolveVersion(
        string workspace, string model, string number, ImmutableArray<string> modelIds, CancellationToken cancellationToken, int? seen = null) =>
        OfVersion($"{model}@{number}", await Resolve(workspace, model, number, modelIds, cancellationToken, seen));

    /// <summary>The error of a version that doesn't exist.</summary>
    public static RegistryError NotFound(string id) => new(ErrorCode.VersionNotFound, $"There is no version '{id}'.");

    /// <summary>Of whoever asks for a version, what became of its model is told as what became of the version.</summary>
    private static Outcome<ResolvedVersion> OfVersion(string version, Outcome<ResolvedVersion> outcome) => outcome.Error?.Code switch
    {
        ErrorCode.ModelNotFound => NotFound(version),
        ErrorCode.ModelDeleted => new RegistryError(ErrorCode.VersionDeleted, $"Version {version} is deleted, with its model."),
        _ => outcome,
    };

    private static bool IsReached(string modelId, ImmutableArray<string> modelIds) => modelIds.IsDefaultOrEmpty || modelIds.Contains(modelId);

    private Task<Outcome<ResolvedVersion>> Resolve(
        string workspace, string modelId, string? selector, int? seen, CancellationToken cancellationToken) =>
        seen is null && local?.Find(workspace, modelId, selector) is { } found
            ? Task.FromResult<Outcome<ResolvedVersion>>(found)
            : AskModel(workspace, modelId, selector, seen, cancellationToken);

    private async Task<Outcome<ResolvedVersion>> AskModel(
        string workspace, string modelId, string? selector, int? seen, CancellationToken cancellationToken)
    {
        var model = Model(workspace, modelId);
        var outcome = await Ask();
        if (outcome.Error?.Code is not (ErrorCode.VersionNotFound or ErrorCode.ServingFailed))
        {
            return outcome;
        }

        var found = await FindNamed(workspace, modelId, selector, cancellationToken);
        return found is null ? IsAlias(selector) ? await Ask() : outcome : found.State switch
        {
            VersionState.Inactive => new RegistryError(ErrorCode.VersionInactive, $"Version {found.Version} is inactive; activate it first."),
            VersionState.Deleted => new RegistryError(ErrorCode.VersionDeleted, $"Version {found.Version} is deleted."),
            VersionState.Draft or VersionState.Published when found.Serving is { Status: ServingStatus.Failed, Message: { } why } =>
                new RegistryError(ErrorCode.ServingFailed, $"Version {found.Version} is not up: its last start failed. {why}"),
            VersionState.Draft or VersionState.Published =>
                await Ask() is var again && again.Error?.Code != ErrorCode.VersionNotFound
                    ? again
                    : new RegistryError(ErrorCode.Unavailable, $"Version {found.Version} is becoming active."),
        };

        // A silo of the release before knows no other method for what it knows.
        Task<Outcome<ResolvedVersion>> Ask() => seen is { } known ? model.Await(selector, known)
            : IsAlias(selector) ? model.Route(selector) : model.Resolve(selector);
    }

    /// <summary>The version that a selector names, as it is stored; null for none.</summary>
    private async Task<VersionView?> FindNamed(string workspace, string modelId, string? selector, CancellationToken cancellationToken)
    {
        // A primary that was given serving stays primary when its start fails (rule L3), and an alias never falls back (rule AL5).
        var model = selector is null || IsAlias(selector) ? (await catalog.FindModel(workspace, modelId, cancellationToken))?.Model : null;
        var named = selector is null or PrimarySelector ? model?.Primary?.VersionId
            : IsAlias(selector) ? model?.Aliases.FirstOrDefault(alias => alias.Name == selector[1..])?.VersionId
            : selector;
        return VersionId.TryParse(named, out var id)
            ? id.ModelId == modelId ? await catalog.FindVersion(workspace, id, cancellationToken) : null
            : named is null ? null
            : await catalog.FindVersion(workspace, modelId, named, cancellationToken);
    }

    private static bool IsAlias([NotNullWhen(true)] string? selector) => selector?.StartsWith('@') is true;

    private IModelGrain Model(string workspace, string modelId) => _models.GetOrAdd(
        (workspace, modelId), static (model, grains) => grains.GetGrain<IModelGrain>(GrainKeys.Model(model.Workspace, model.ModelId)), grains);
}
