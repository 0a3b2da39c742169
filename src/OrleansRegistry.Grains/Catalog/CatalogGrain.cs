using System.Collections.Immutable;
using Orleans.Concurrency;

namespace OrleansRegistry.Catalog;

/// <inheritdoc cref="ICatalogGrain"/>
/// <remarks>It holds nothing: each silo has as many as are needed, and none waits for another.</remarks>
[StatelessWorker]
internal sealed class CatalogGrain(IGrainContext context, IRegistryCatalog catalog, IBillingCatalog billing, TimeProvider clock) : IGrainBase, ICatalogGrain
{
    private readonly string _workspace = GrainKeys.Split(context.GrainId.Key.ToString()!).Workspace;

    public IGrainContext GrainContext => context;

    public Task<CatalogModel?> FindModel(string modelId) => catalog.FindModel(_workspace, modelId, CancellationToken.None);

    public Task<string?> FindModelId(string name) => catalog.FindModelId(_workspace, name, CancellationToken.None);

    public Task<ImmutableArray<ModelView>> ListModels(ModelFilter filter, int limit) =>
        catalog.ListModels(_workspace, filter, Math.Min(limit, ICatalogGrain.MaxItems), CancellationToken.None);

    public Task<VersionView?> FindVersion(VersionId id) => catalog.FindVersion(_workspace, id, CancellationToken.None);

    public Task<VersionView?> FindVersionByNumber(string modelId, string number) => catalog.FindVersion(_workspace, modelId, number, CancellationToken.None);

    public Task<ImmutableArray<VersionView>> ListVersions(string modelId, VersionFilter filter, int limit) =>
        catalog.ListVersions(_workspace, modelId, filter, Math.Min(limit, ICatalogGrain.MaxItems), CancellationToken.None);

    public Task<IdempotentDeployment?> FindDeployment(string modelName, string idempotencyKey) =>
        catalog.FindDeployment(_workspace, modelName, idempotencyKey, CancellationToken.None);

    public Task<VersionUsage?> FindUsage(VersionId id) => billing.FindUsage(_workspace, id, clock.GetUtcNow(), CancellationToken.None);

    public Task<ImmutableArray<RegistryEvent>> ListEvents(EventFilter filter, int limit) =>
        catalog.ListEvents(_workspace, filter, Math.Min(limit, ICatalogGrain.MaxItems), CancellationToken.None);

    public Task<EventRange> FindEventRange(string? modelId) => catalog.FindEventRange(_workspace, modelId, CancellationToken.None);

    public Task<ImmutableArray<PrimaryPeriod>> ListPrimaries(string modelId, EventCursor? previous, int limit) =>
        catalog.ListPrimaries(_workspace, modelId, previous, Math.Min(limit, ICatalogGrain.MaxItems), CancellationToken.None);

    public Task<Outcome<PrimaryPeriod>> FindPrimary(string modelId, DateTimeOffset at) =>
        catalog.FindPrimary(_workspace, modelId, at, CancellationToken.None);

    public Task<long> FindLastPosition() => catalog.FindLastPosition(CancellationToken.None);
}
