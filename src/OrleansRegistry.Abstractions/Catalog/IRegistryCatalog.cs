using System.Collections.Immutable;
using System.Globalization;

namespace OrleansRegistry;

/// <summary>
/// Reads over the stored rows of a workspace: lists, look-ups and history. They see every acknowledged command.
/// Every method throws <see cref="RegistryUnavailableException"/> when the database can't answer, and the look-ups of one row throw
/// <see cref="StateCorruptException"/> when it can't be read; lists leave such rows out.
/// </summary>
internal interface IWorkspaceCatalog
{
    /// <summary>A model by id, deleted ones too, or null.</summary>
    Task<CatalogModel?> FindModel(string workspace, string modelId, CancellationToken cancellationToken);

    /// <summary>The id of the living model of that name, or null.</summary>
    Task<string?> FindModelId(string workspace, string name, CancellationToken cancellationToken);

    /// <summary>Living models in the filter's order, at most <paramref name="limit"/>.</summary>
    Task<ImmutableArray<ModelView>> ListModels(string workspace, ModelFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>A version by id, deleted ones too, or null.</summary>
    Task<VersionView?> FindVersion(string workspace, VersionId id, CancellationToken cancellationToken);

    /// <summary>A version by its number, deleted ones too, or null.</summary>
    Task<VersionView?> FindVersion(string workspace, string modelId, string number, CancellationToken cancellationToken);

    /// <summary>Versions of a model in the filter's order, at most <paramref name="limit"/>.</summary>
    Task<ImmutableArray<VersionView>> ListVersions(string workspace, string modelId, VersionFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>The version that a deployment with this key made, also of a model since deleted, or null.</summary>
    Task<IdempotentDeployment?> FindDeployment(string workspace, string modelName, string idempotencyKey, CancellationToken cancellationToken);

    /// <summary>Events in the filter's order, at most <paramref name="limit"/>.</summary>
    Task<ImmutableArray<RegistryEvent>> ListEvents(string workspace, EventFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>Which events there are, of a workspace or of one of its models.</summary>
    Task<EventRange> FindEventRange(string workspace, string? modelId, CancellationToken cancellationToken);

    /// <summary>The primaries of a model as its events tell of them, newest first, at most <paramref name="limit"/>.</summary>
    /// <param name="workspace">Whose model it is.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="previous">The event that began the last period of the page before, or null for the first page.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<ImmutableArray<PrimaryPeriod>> ListPrimaries(
        string workspace, string modelId, EventCursor? previous, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// What was primary at an instant, or <see cref="ErrorCode.HistoryRemoved"/> where nobody knows any more, or
    /// <see cref="ErrorCode.ModelNotFound"/>.
    /// </summary>
    Task<Outcome<PrimaryPeriod>> FindPrimary(
        string workspace, string modelId, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>Reads over all stored rows, for nodes. They activate no grain.</summary>
internal interface IRegistryCatalog : IWorkspaceCatalog
{
    /// <summary>
    /// The highest number ever given in a release line, or null: of <c>{major}.{minor}</c>, or of <c>{major}</c> when
    /// <paramref name="minor"/> is null (rules N3 and N4). Exact when asked by the model's grain, the only writer.
    /// </summary>
    Task<string?> FindLastOfLine(string workspace, string modelId, int major, int? minor, CancellationToken cancellationToken);

    /// <summary>
    /// The versions of a model whose numbers stand next to one, deleted ones too, the nearest one first: those with
    /// higher numbers, and the others, at most <paramref name="limit"/> of each.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="number">The number, or null for the highest there is.</param>
    /// <param name="limit">How many on each side.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    Task<(ImmutableArray<VersionView> Above, ImmutableArray<VersionView> Below)> ListNearest(
        string workspace, string modelId, string? number, int limit, CancellationToken cancellationToken);

    /// <summary>The position of the last event there is, 0 when there is none.</summary>
    Task<long> FindLastPosition(CancellationToken cancellationToken);

    /// <summary>Events of all workspaces behind a position, in order, at most <paramref name="limit"/>.</summary>
    Task<ImmutableArray<RegistryEvent>> ListEvents(long after, int limit, CancellationToken cancellationToken);

    /// <summary>How much a workspace holds now.</summary>
    Task<WorkspaceUse> CountUse(string workspace, CancellationToken cancellationToken);

    /// <summary>Living models, of all workspaces, that have a version <c>starting</c>, or one that the registry runs.</summary>
    Task<ImmutableArray<ModelAddress>> ListStarting(CancellationToken cancellationToken);

    /// <summary>Living models, of all workspaces, that fall back from an unhealthy primary (rule HV4), in order.</summary>
    /// <param name="after">The last one of the page before, or null for the first page.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    Task<ImmutableArray<ModelAddress>> ListFallingBack(ModelAddress? after, int limit, CancellationToken cancellationToken);

    /// <summary>The versions, of all workspaces, that the registry runs, or is to run.</summary>
    Task<ImmutableArray<ManagedVersion>> ListManaged(CancellationToken cancellationToken);
}

/// <summary>A model as the catalog holds it.</summary>
/// <param name="Model">The model as callers see it.</param>
/// <param name="DeletedAt">When it was deleted, or null.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CatalogModel")]
public sealed record CatalogModel([property: Id(0)] ModelView Model, [property: Id(1)] DateTimeOffset? DeletedAt);

/// <summary>How much a workspace holds.</summary>
/// <param name="Models">Living models.</param>
/// <param name="Versions">Versions that are not deleted.</param>
/// <param name="ActiveVersions">Draft and published versions.</param>
/// <param name="ArtifactBytes">
/// Bytes of files, as long as their uploads said that they will be. A file counts 4 KiB at least, as on a disk.
/// </param>
internal sealed record WorkspaceUse(long Models, long Versions, long ActiveVersions, long ArtifactBytes = 0)
{
    private const long MinFileBytes = 4096;

    /// <summary>What a file adds.</summary>
    public static WorkspaceUse OfFile(long length) => new(0, 0, 0, Math.Max(length, MinFileBytes));
}

/// <summary>Where a model is.</summary>
/// <param name="Workspace">Its workspace.</param>
/// <param name="ModelId">Its id.</param>
internal sealed record ModelAddress(string Workspace, string ModelId);

/// <summary>A version that the registry runs.</summary>
/// <param name="Workspace">Its workspace.</param>
/// <param name="Version">Its id.</param>
/// <param name="Start">The attempt to start.</param>
/// <param name="IsReady">Whether it is ready, as its row says, and billed.</param>
/// <param name="InstanceType">Its instance type, or null.</param>
internal sealed record ManagedVersion(string Workspace, VersionId Version, int Start, bool IsReady, string? InstanceType);

/// <summary>What an idempotency key stands for.</summary>
/// <param name="Version">The version it made, as it is now.</param>
/// <param name="BodyHash">The hash of the request that made it.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.IdempotentDeployment")]
internal sealed record IdempotentDeployment([property: Id(0)] VersionView Version, [property: Id(1)] string BodyHash);

/// <summary>The order of a list of models; the id is the last criterion of each.</summary>
[GenerateSerializer, Alias("OrleansRegistry.ModelOrder")]
public enum ModelOrder
{
    /// <summary>By name, code point by code point.</summary>
    Name = 0,

    /// <summary>Newest first.</summary>
    NewestFirst = 1,
}

/// <summary>Which models to list, in which order, from where.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ModelFilter")]
public sealed record ModelFilter
{
    /// <summary>The exact name, normalized, or null.</summary>
    [Id(0)]
    public string? Name { get; init; }

    /// <summary>A prefix of the name in any case, or null.</summary>
    [Id(1)]
    public string? NamePrefix { get; init; }

    /// <summary>Labels that the model must have, all of them.</summary>
    [Id(2)]
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>The order.</summary>
    [Id(3)]
    public ModelOrder Order { get; init; }

    /// <summary>The last item of the page before, or null for the first page.</summary>
    [Id(4)]
    public ModelCursor? After { get; init; }

    /// <summary>Labels that the model must have, all of them, each as <c>key:value</c>. Which colon is the one between them is left open.</summary>
    [Id(5)]
    public ImmutableArray<string> LabelTexts { get; init; } = [];

    /// <summary>A part of the name in any case, or null. One of less than three characters is a prefix.</summary>
    [Id(6)]
    public string? NamePart { get; init; }
}

/// <summary>A place in a list of models.</summary>
/// <param name="Name">The name of the last item seen.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Id">Its id.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ModelCursor")]
public sealed record ModelCursor([property: Id(0)] string Name, [property: Id(1)] DateTimeOffset CreatedAt, [property: Id(2)] string Id);

/// <summary>The order of a list of versions.</summary>
[GenerateSerializer, Alias("OrleansRegistry.VersionOrder")]
public enum VersionOrder
{
    /// <summary>Newest first: by ordinal, the highest one first.</summary>
    NewestFirst = 0,

    /// <summary>By number, the one of the highest precedence first.</summary>
    HighestNumberFirst = 1,
}

/// <summary>Which versions to list, in which order, and from where.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.VersionFilter")]
public sealed record VersionFilter
{
    /// <summary>The state, or null for all but deleted ones.</summary>
    [Id(0)]
    public VersionState? State { get; init; }

    /// <summary>Labels that the version must have, all of them.</summary>
    [Id(1)]
    public ImmutableArray<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>The deployer's own id, or null.</summary>
    [Id(2)]
    public string? ExternalId { get; init; }

    /// <summary>
    /// Newest first: only versions with a lower ordinal, the last of the page before; null for the first page.
    /// </summary>
    [Id(3)]
    public int? Before { get; init; }

    /// <summary>Labels that the version must have, all of them, each as <c>key:value</c>. Which colon is the one between them is left open.</summary>
    [Id(4)]
    public ImmutableArray<string> LabelTexts { get; init; } = [];

    /// <summary>The beginning of the number, such as <c>19.</c>, or null.</summary>
    [Id(5)]
    public string? NumberPrefix { get; init; }

    /// <summary>The order.</summary>
    [Id(6)]
    public VersionOrder Order { get; init; }

    /// <summary>
    /// Highest number first: only versions with a lower number, the last of the page before; null for the first page.
    /// </summary>
    [Id(7)]
    public string? BeforeNumber { get; init; }
}

/// <summary>Which events to list, and from where.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.EventFilter")]
public sealed record EventFilter
{
    /// <summary>Of one model, or null.</summary>
    [Id(0)]
    public string? ModelId { get; init; }

    /// <summary>Of one version, or null.</summary>
    [Id(1)]
    public string? VersionId { get; init; }

    /// <summary>Of one of these types; empty for all.</summary>
    [Id(2)]
    public ImmutableArray<string> Types { get; init; } = [];

    /// <summary>Only events behind this position; 0 for all.</summary>
    [Id(3)]
    public long After { get; init; }

    /// <summary>Of one actor, as events name them, or null.</summary>
    [Id(4)]
    public string? Actor { get; init; }

    /// <summary>Only events of this instant and later ones, or null.</summary>
    [Id(5)]
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only events before this instant, or null.</summary>
    [Id(6)]
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether the newest come first.</summary>
    [Id(7)]
    public bool NewestFirst { get; init; }

    /// <summary>The last item of the page before, or null for the first page.</summary>
    [Id(8)]
    public EventCursor? Previous { get; init; }

    /// <summary>
    /// Whether the order is that of instants, then of positions: so it is where instants narrow the list. The events of
    /// one model have that order by their positions.
    /// </summary>
    internal bool IsByInstant => (Since is not null || Until is not null) && ModelId is null && VersionId is null;
}

/// <summary>A place in a list of events, or in the history of a primary.</summary>
/// <param name="Position">The position of the last event seen.</param>
/// <param name="At">Its instant.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.EventCursor")]
public sealed record EventCursor([property: Id(0)] long Position, [property: Id(1)] DateTimeOffset At)
{
    /// <summary>The place of an event.</summary>
    internal static EventCursor Of(RegistryEvent happened) => new(happened.Position, happened.At);

    /// <summary>The place of a period in a history, of which every one has an event.</summary>
    internal static EventCursor Of(PrimaryPeriod period) => new(long.Parse(period.EventId!, CultureInfo.InvariantCulture), period.From!.Value);
}
