using System.Runtime.CompilerServices;

namespace OrleansRegistry;

// What only reads.
internal sealed partial class ModelRegistry
{
    /// <summary>How long to wait for more events, or for a registry that doesn't answer.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    public Task<CatalogModel?> FindModel(string model, CancellationToken cancellationToken) =>
        Ask(() => _directory.Read(Workspace, model, cancellationToken), cancellationToken);

    public Task<VersionView?> FindVersion(string versionId, CancellationToken cancellationToken) =>
        OfVersion(versionId, id => _catalog.FindVersion(Workspace, id, cancellationToken), cancellationToken);

    public Task<VersionView?> WaitWhileStarting(string versionId, TimeSpan timeout, CancellationToken cancellationToken) =>
        Wait(versionId, WaitTarget.Ready, timeout, cancellationToken);

    public Task<VersionView?> Wait(string versionId, WaitTarget target, TimeSpan timeout, CancellationToken cancellationToken) =>
        OfVersion(versionId, id => _watch.Read(Workspace, id, target, timeout, cancellationToken), cancellationToken);

    public Task<VersionUsage?> FindUsage(string versionId, CancellationToken cancellationToken) =>
        OfVersion(versionId, id => Catalog.FindUsage(id), cancellationToken);

    public async IAsyncEnumerable<ModelView> ListModels(ModelFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        while (true)
        {
            var page = await Ask(() => _catalog.ListModels(Workspace, filter, ICatalogGrain.MaxItems, cancellationToken), cancellationToken);
            foreach (var model in page)
            {
                yield return model;
            }

            if (page.Length < ICatalogGrain.MaxItems)
            {
                yield break;
            }

            filter = filter with { After = new ModelCursor(page[^1].Name, page[^1].CreatedAt, page[^1].Id) };
        }
    }

    public async IAsyncEnumerable<VersionView> ListVersions(string model, VersionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (await FindModel(model, cancellationToken) is not { Model.Id: var modelId })
        {
            yield break;
        }

        while (true)
        {
            var page = await Ask(() => _catalog.ListVersions(Workspace, modelId, filter, ICatalogGrain.MaxItems, cancellationToken), cancellationToken);
            foreach (var version in page)
            {
                yield return version;
            }

            if (page.Length < ICatalogGrain.MaxItems || !VersionId.TryParse(page[^1].Id, out var last))
            {
                yield break;
            }

            filter = filter with { Before = last.Ordinal, BeforeNumber = page[^1].Version };
        }
    }

    public Task<long> FindLastPosition(CancellationToken cancellationToken) => Ask(Catalog.FindLastPosition, cancellationToken);

    public IAsyncEnumerable<RegistryEvent> ListEvents(EventFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return Problem(filter) is { } wrong ? throw new ArgumentException(wrong, nameof(filter)) : ListFrom(filter, cancellationToken);
    }

    public async IAsyncEnumerable<PrimaryPeriod> ListPrimaries(string model, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (await FindModel(model, cancellationToken) is not { Model.Id: var modelId })
        {
            yield break;
        }

        for (EventCursor? previous = null; ;)
        {
            var page = await Ask(
                () => _catalog.ListPrimaries(Workspace, modelId, previous, ICatalogGrain.MaxItems, cancellationToken), cancellationToken);
            foreach (var period in page)
            {
                yield return period;
            }

            if (page.Length < ICatalogGrain.MaxItems)
            {
                yield break;
            }

            previous = EventCursor.Of(page[^1]);
        }
    }

    public async Task<Outcome<PrimaryPeriod>> FindPrimary(string model, DateTimeOffset at, CancellationToken cancellationToken) =>
        at > _clock.GetUtcNow() ? RegistryError.Invalid("at", "must not be in the future")
        : await FindModel(model, cancellationToken) is { Model.Id: var id }
            ? await Ask(() => _catalog.FindPrimary(Workspace, id, at, cancellationToken), cancellationToken)
        : ModelDirectory.NotFound(model);

    public IAsyncEnumerable<RegistryEvent> Watch(EventFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var wrong = Problem(filter) ?? (filter.Since is not null || filter.Until is not null || filter.NewestFirst || filter.Previous is not null
            ? "Instants, the newest first and the previous page apply to lists only."
            : null);
        return wrong is null ? WatchFrom(filter, cancellationToken) : throw new ArgumentException(wrong, nameof(filter));
    }

    private async IAsyncEnumerable<RegistryEvent> ListFrom(EventFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (filter.After != 0)
        {
            Check(filter, await Ask(() => Catalog.FindEventRange(ModelOf(filter)), cancellationToken));
        }

        while (true)
        {
            var page = await Ask(() => _catalog.ListEvents(Workspace, filter, ICatalogGrain.MaxItems, cancellationToken), cancellationToken);
            foreach (var happened in page)
            {
                yield return happened;
            }

            if (page.Length < ICatalogGrain.MaxItems)
            {
                yield break;
            }

            filter = filter with { Previous = EventCursor.Of(page[^1]) };
        }
    }

    private static string? Problem(EventFilter filter) =>
        filter.ModelId is { } model && !ModelId.IsWellFormed(model) ? $"'{model}' is no id of a model."
        : filter.VersionId is { } version && !VersionId.TryParse(version, out _) ? $"'{version}' is no id of a version."
        : filter.Types.IsDefaultOrEmpty || filter.Types.All(EventType.All.Contains) ? null
        : "A type of event is none of EventType.";

    private async IAsyncEnumerable<RegistryEvent> WatchFrom(EventFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (filter.After != 0)
        {
            Check(filter, await FindRange(filter, cancellationToken));
        }

        while (true)
        {
            var page = await ReadEvents(filter, cancellationToken);
            foreach (var happened in page)
            {
                yield return happened;
            }

            if (page is [.., var last])
            {
                filter = filter with { After = last.Position };
            }

            if (page.Count < ICatalogGrain.MaxItems)
            {
                await Task.Delay(PollInterval, _clock, cancellationToken);
            }
        }
    }

    /// <summary>Which events there are, as soon as the registry answers.</summary>
    private async Task<EventRange> FindRange(EventFilter filter, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await Ask(() => Catalog.FindEventRange(ModelOf(filter)), cancellationToken);
            }
            catch (RegistryUnavailableException)
            {
                await Task.Delay(PollInterval, _clock, cancellationToken);
            }
        }
    }

    /// <summary>Throws where reading can't go on from where the filter says.</summary>
    private static void Check(EventFilter filter, EventRange range)
    {
        if (range.Refusal(nameof(EventFilter.After), filter.After) is { } refusal)
        {
            throw new RegistryRefusedException(refusal);
        }
    }

    private static string? ModelOf(EventFilter filter) => VersionId.TryParse(filter.VersionId, out var version) ? version.ModelId : filter.ModelId;

    private ICatalogGrain Catalog => _grains.GetGrain<ICatalogGrain>(GrainKeys.Catalog(Workspace));

    private async Task<IReadOnlyList<RegistryEvent>> ReadEvents(EventFilter filter, CancellationToken cancellationToken)
    {
        try
        {
            return await Ask(() => _catalog.ListEvents(Workspace, filter, ICatalogGrain.MaxItems, cancellationToken), cancellationToken);
        }
        catch (RegistryUnavailableException)
        {
            return [];
        }
    }

    private Task<T?> OfVersion<T>(string versionId, Func<VersionId, Task<T?>> read, CancellationToken cancellationToken)
        where T : class =>
        VersionId.TryParse(versionId, out var id) ? Ask(() => read(id), cancellationToken) : Task.FromResult<T?>(null);
}
