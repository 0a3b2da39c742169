using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>The catalog of a workspace as its grain reads it.</summary>
internal sealed class GrainCatalog(IGrainFactory grains) : IWorkspaceCatalog
{
    public Task<CatalogModel?> FindModel(string workspace, string modelId, CancellationToken cancellationToken) => Of(workspace).FindModel(modelId);

    public Task<string?> FindModelId(string workspace, string name, CancellationToken cancellationToken) => Of(workspace).FindModelId(name);

    public Task<ImmutableArray<ModelView>> ListModels(string workspace, ModelFilter filter, int limit, CancellationToken cancellationToken) =>
        Of(workspace).ListModels(filter, limit);

    public Task<VersionView?> FindVersion(string workspace, VersionId id, CancellationToken cancellationToken) => Of(workspace).FindVersion(id);

    public Task<VersionView?> FindVersion(string workspace, string modelId, string number, CancellationToken cancellationToken) =>
        Of(workspace).FindVersionByNumber(modelId, number);

    public Task<ImmutableArray<VersionView>> ListVersions(string workspace, string modelId, VersionFilter filter, int limit, CancellationToken cancellationToken) =>
        Of(workspace).ListVersions(modelId, filter, limit);

    public Task<IdempotentDeployment?> FindDeployment(string workspace, string modelName, string idempotencyKey, CancellationToken cancellationToken) =>
        Of(workspace).FindDeployment(modelName, idempotencyKey);

    public Task<ImmutableArray<RegistryEvent>> ListEvents(string workspace, EventFilter filter, int limit, CancellationToken cancellationToken) =>
        Of(workspace).ListEvents(filter, limit);

    public Task<EventRange> FindEventRange(string workspace, string? modelId, CancellationToken cancellationToken) => Of(workspace).FindEventRange(modelId);

    public Task<ImmutableArray<PrimaryPeriod>> ListPrimaries(
        string workspace, string modelId, EventCursor? previous, int limit, CancellationToken cancellationToken) =>
        Of(workspace).ListPrimaries(modelId, previous, limit);

    public Task<Outcome<PrimaryPeriod>> FindPrimary(
        string workspace, string modelId, DateTimeOffset at, CancellationToken cancellationToken) =>
        Of(workspace).FindPrimary(modelId, at);

    private ICatalogGrain Of(string workspace) => grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog(workspace));
}
