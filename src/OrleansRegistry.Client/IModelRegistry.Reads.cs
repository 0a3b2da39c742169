namespace OrleansRegistry;

// What only reads.
public partial interface IModelRegistry
{
    /// <summary>A model: a living one by its name, also a deleted one by its id. Null when there is none.</summary>
    Task<CatalogModel?> FindModel(string model, CancellationToken cancellationToken = default);

    /// <summary>A version by its id, whatever its state, or null.</summary>
    Task<VersionView?> FindVersion(string versionId, CancellationToken cancellationToken = default);

    /// <summary>A version as soon as it is no longer starting, at the latest when <paramref name="timeout"/> is over; null when there is no such version.</summary>
    Task<VersionView?> WaitWhileStarting(string versionId, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>A version as soon as it is what is waited for, at the latest when <paramref name="timeout"/> has passed; null when there is no such version.</summary>
    Task<VersionView?> Wait(string versionId, WaitTarget target, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>The active time of a version so far (rule B1), or null when there is no such version.</summary>
    Task<VersionUsage?> FindUsage(string versionId, CancellationToken cancellationToken = default);

    /// <summary>Living models, read page by page.</summary>
    IAsyncEnumerable<ModelView> ListModels(ModelFilter filter, CancellationToken cancellationToken = default);

    /// <summary>
    /// Versions of a model in the filter's order, read page by page. <paramref name="model"/> is an id or a name; of
    /// one that is not there, none.
    /// </summary>
    IAsyncEnumerable<VersionView> ListVersions(string model, VersionFilter filter, CancellationToken cancellationToken = default);

    /// <summary>
    /// Past events, read page by page: oldest first, or newest first where the filter says so. Where instants narrow the list, it is in the order of
    /// instants, and of positions within one.
    /// </summary>
    /// <exception cref="ArgumentException">The filter names a model or a version by a text that can be no id, or a type of event that does not exist.</exception>
    /// <exception cref="RegistryRefusedException">
    /// Reading can't go on from <see cref="EventFilter.After"/>, as with <see cref="Watch"/>. It is thrown by the first step of the enumeration.
    /// </exception>
    IAsyncEnumerable<RegistryEvent> ListEvents(EventFilter filter, CancellationToken cancellationToken = default);

    /// <summary>The primaries of a model, newest first, read page by page. <paramref name="model"/> is an id or a name; of one that is not there, none.</summary>
    IAsyncEnumerable<PrimaryPeriod> ListPrimaries(string model, CancellationToken cancellationToken = default);

    /// <summary>
    /// What was primary at an instant; of a period without a primary, the version is null. <paramref name="model"/> is an id or a name. Refused with
    /// <see cref="ErrorCode.HistoryRemoved"/> where the events of that time were removed, and with <see cref="ErrorCode.ModelNotFound"/>.
    /// </summary>
    Task<Outcome<PrimaryPeriod>> FindPrimary(string model, DateTimeOffset at, CancellationToken cancellationToken = default);

    /// <summary>The position of the last event, to watch from: 0 when there is none.</summary>
    Task<long> FindLastPosition(CancellationToken cancellationToken = default);

    /// <summary>
    /// Events behind <see cref="EventFilter.After"/>, in order, each once, without an end: first the past ones, then new ones, within about
    /// a quarter of a second. It goes on by itself after failures. Keep the <see cref="RegistryEvent.Position"/> of the last event that was
    /// processed, to go on from there later.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The filter names a model or a version by a text that can be no id, or a type of event that does not exist. Or it narrows or orders by what
    /// applies to lists only: instants, the newest first, the previous page.
    /// </exception>
    /// <exception cref="RegistryRefusedException">
    /// Reading can't go on from <see cref="EventFilter.After"/>: it lies beyond the last event, or before one that was removed because of its age
    /// (<see cref="ErrorCode.HistoryRemoved"/>). It is thrown by the first step of the enumeration.
    /// </exception>
    IAsyncEnumerable<RegistryEvent> Watch(EventFilter filter, CancellationToken cancellationToken = default);
}
