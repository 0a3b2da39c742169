using System.Collections.Immutable;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A catalog that knows a few names and one version, and counts how often it is asked.</summary>
internal sealed class StubCatalog : IRegistryCatalog
{
    public static VersionView Starting { get; } = new()
    {
        Id = "1111111111-1",
        ModelId = "1111111111",
        ModelName = "m",
        Version = "0.1.0",
        Labels = new Dictionary<string, string>(),
        CreatedBy = "a",
        Serving = new ServingView { Url = "http://m", Status = ServingStatus.Starting },
    };

    public Dictionary<string, string> Names { get; } = [];

    public HashSet<string> Deleted { get; } = [];

    public VersionView? Version { get; set; }

    public ImmutableArray<RegistryEvent> Events { get; set; } = [];

    public int EventReads { get; private set; }

    public int NameReads { get; private set; }

    public int VersionReads { get; private set; }

    public Task<string?> FindModelId(string workspace, string name, CancellationToken cancellationToken)
    {
        NameReads++;
        return Task.FromResult(Names.GetValueOrDefault(name));
    }

    public Task<VersionView?> FindVersion(string workspace, VersionId id, CancellationToken cancellationToken)
    {
        VersionReads++;
        return Task.FromResult(Version);
    }

    public Task<CatalogModel?> FindModel(string workspace, string modelId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<ModelView>> ListModels(string workspace, ModelFilter filter, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<VersionView?> FindVersion(string workspace, string modelId, string number, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ImmutableArray<VersionView>> ListVersions(
        string workspace, string modelId, VersionFilter filter, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<(ImmutableArray<VersionView> Above, ImmutableArray<VersionView> Below)> ListNearest(
        string workspace, string modelId, string? number, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IdempotentDeployment?> FindDeployment(
        string workspace, string modelName, string idempotencyKey, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> FindLastOfLine(string workspace, string modelId, int major, int? minor, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ImmutableArray<RegistryEvent>> ListEvents(string workspace, EventFilter filter, int limit, CancellationToken cancellationToken) =>
        ListEvents(filter.After, limit, cancellationToken);

    public Task<ImmutableArray<RegistryEvent>> ListEvents(long after, int limit, CancellationToken cancellationToken)
    {
        EventReads++;
        return Task.FromResult(Events.Where(happened => happened.Position > after).Take(limit).ToImmutableArray());
    }

    public Task<EventRange> FindEventRange(string workspace, string? modelId, CancellationToken cancellationToken) =>
        Task.FromResult(new EventRange(0, Events.IsEmpty ? 0 : Events[^1].Position));

    public Task<ImmutableArray<PrimaryPeriod>> ListPrimaries(
        string workspace, string modelId, EventCursor? previous, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Outcome<PrimaryPeriod>> FindPrimary(
        string workspace, string modelId, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> FindLastPosition(CancellationToken cancellationToken) => Task.FromResult(Events.IsEmpty ? 0 : Events[^1].Position);

    public Task<WorkspaceUse> CountUse(string workspace, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<ModelAddress>> ListFallingBack(ModelAddress? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ImmutableArray<ModelAddress>> ListStarting(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ImmutableArray<ManagedVersion>> ListManaged(CancellationToken cancellationToken) => throw new NotSupportedException();
}
