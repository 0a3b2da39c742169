using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// The catalog of a workspace, for clients that don't reach the database; <see cref="IWorkspaceCatalog"/> says what
/// each read answers. Key: <see cref="GrainKeys.Catalog"/>.
/// </summary>
[Alias("OrleansRegistry.ICatalogGrain")]
internal interface ICatalogGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>The most items that a list answers.</summary>
    const int MaxItems = 500;

    /// <summary>A model by id.</summary>
    [Alias("FindModel"), ReadOnly]
    Task<CatalogModel?> FindModel(string modelId);

    /// <summary>The id of a living model.</summary>
    [Alias("FindModelId"), ReadOnly]
    Task<string?> FindModelId(string name);

    /// <summary>Living models, at most <see cref="MaxItems"/>.</summary>
    [Alias("ListModels"), ReadOnly]
    Task<ImmutableArray<ModelView>> ListModels(ModelFilter filter, int limit);

    /// <summary>A version by id.</summary>
    [Alias("FindVersion"), ReadOnly]
    Task<VersionView?> FindVersion(VersionId id);

    /// <summary>A version by its number.</summary>
    [Alias("FindVersionByNumber"), ReadOnly]
    Task<VersionView?> FindVersionByNumber(string modelId, string number);

    /// <summary>Versions of a model, at most <see cref="MaxItems"/>.</summary>
    [Alias("ListVersions"), ReadOnly]
    Task<ImmutableArray<VersionView>> ListVersions(string modelId, VersionFilter filter, int limit);

    /// <summary>The version that a deployment made.</summary>
    [Alias("FindDeployment"), ReadOnly]
    Task<IdempotentDeployment?> FindDeployment(string modelName, string idempotencyKey);

    /// <summary>The active time of a version so far.</summary>
    [Alias("FindUsage"), ReadOnly]
    Task<VersionUsage?> FindUsage(VersionId id);

    /// <summary>Events, at most <see cref="MaxItems"/>.</summary>
    [Alias("ListEvents"), ReadOnly]
    Task<ImmutableArray<RegistryEvent>> ListEvents(EventFilter filter, int limit);

    /// <summary>Which events there are, of one model or of all.</summary>
    [Alias("FindEventRange"), ReadOnly]
    Task<EventRange> FindEventRange(string? modelId);

    /// <summary>The primaries of a model, newest first, at most <see cref="MaxItems"/>.</summary>
    [Alias("ListPrimaries"), ReadOnly]
    Task<ImmutableArray<PrimaryPeriod>> ListPrimaries(string modelId, EventCursor? previous, int limit);

    /// <summary>What was primary at an instant.</summary>
    [Alias("FindPrimary"), ReadOnly]
    Task<Outcome<PrimaryPeriod>> FindPrimary(string modelId, DateTimeOffset at);

    /// <summary>The position of the last event.</summary>
    [Alias("FindLastPosition"), ReadOnly]
    Task<long> FindLastPosition();
}
