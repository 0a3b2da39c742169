using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Cluster;
using OrleansRegistry.Models;
using OrleansRegistry.Outbound;
using OrleansRegistry.Testing;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.State;

/// <summary>What the stored rows and the calls between silos rely on.</summary>
public sealed class ContractTests
{
    private static readonly Assembly[] Assemblies = [typeof(ModelGrain).Assembly, typeof(ModelState).Assembly, typeof(IModelGrain).Assembly];

    private static IEnumerable<Type> Types => Assemblies.SelectMany(assembly => assembly.GetTypes());

    [Fact]
    public async Task Each_grain_class_stores_its_rows_under_a_state_name_of_its_own()
    {
        var model = new RecordingStorage();
        var version = new RecordingStorage();
        var name = new RecordingStorage();
        var traffic = new RecordingStorage();
        var rates = new RecordingStorage();
        var billing = new RecordingStorage();
        var webhook = new RecordingStorage();
        var key = new RecordingStorage();
        var workspace = new RecordingStorage();
        var artifact = new RecordingStorage();
        var clock = new FakeTimeProvider();
        using var probe = new HttpHealthProbe(new OutboundHttp(new OutboundOptions()), clock);
        await using VersionProcesses processes = new(
            new FakeProcessRunner(), null!, null!, null!, null!, null!, [], null!, clock, NullLogger<VersionProcesses>.Instance);
        using var versionGrain = new ModelVersionGrain(version, Context("version/default/k7m2qx9p4d-1"), probe, processes, clock);
        var modelGrain = new ModelGrain(
            model,
            Context("model/default/k7m2qx9p4d"),
            null!,
            null!,
            null!,
            Options.Create(new ModelOptions()),
            null!,
            new LocalRoutes(new SoleSilo(), clock),
            processes,
            clock,
            null!,
            NullLogger<ModelGrain>.Instance);

        await modelGrain.Touch();
        await versionGrain.Prepare(Guid.Empty, new ReadTransition(), default);
        await new ModelNameGrain(name, Context("name/default/n")).Get();
        await new VersionTrafficGrain(
            traffic, Context("traffic/default/k7m2qx9p4d-1"), clock, NullLogger<VersionTrafficGrain>.Instance).Read();
        await new RatesGrain(rates, Context("rates/default/all"), Options.Create(new BillingOptions()), clock, NullLogger<RatesGrain>.Instance).Get();
        await new BillingGrain(billing, Context("billing/default/2026-03"), null!, null!, null!, null!, clock, NullLogger<BillingGrain>.Instance)
            .Close(null!);

        using var webhookGrain = new WebhookGrain(
            webhook, Context("webhook/default/k7m2qx9p4d"), null!, null!, null!, null!, clock, NullLogger<WebhookGrain>.Instance);
        await webhookGrain.Get();
        await new ApiKeyGrain(key, Context("key/-/4f7k2m9q"), null!, clock, NullLogger<ApiKeyGrain>.Instance).OnActivateAsync(default);
        await new WorkspaceGrain(workspace, Context("workspace/-/default"), clock, NullLogger<WorkspaceGrain>.Instance).Get();

        await new ArtifactGrain(artifact, Context("artifact/default/x"), null!, clock, NullLogger<ArtifactGrain>.Instance).Collect();

        string[] names =
        [
            StorageNames.Model, StorageNames.Version, StorageNames.Name, StorageNames.Traffic, StorageNames.Rates, StorageNames.Billing,
            StorageNames.Webhook, StorageNames.ApiKey, StorageNames.Workspace, StorageNames.Artifact,
        ];
        RecordingStorage[] stores = [model, version, name, traffic, rates, billing, webhook, key, workspace, artifact];
        Assert.Equal(names, stores.Select(store => store.StateName));
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        // A new class of grains has to be added above. The workers have nothing to store, and uploads a table of their own.
        Assert.Equal(
            [
                typeof(ApiKeyGrain), typeof(ArtifactGrain), typeof(BillingGrain), typeof(ModelGrain), typeof(ModelNameGrain), typeof(ModelVersionGrain), typeof(RatesGrain),
                typeof(SessionGrain), typeof(UploadGrain), typeof(VersionTrafficGrain), typeof(WebhookGrain), typeof(WorkspaceGrain),
            ],
            Types.Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IGrainBase).IsAssignableFrom(type)
                && !type.IsDefined(typeof(StatelessWorkerAttribute), inherit: false)).OrderBy(type => type.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void Every_serialized_type_and_grain_interface_has_an_alias_of_its_own()
    {
        Type[] types =
        [
            .. Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)
                || (type.IsInterface && typeof(IGrain).IsAssignableFrom(type))),
        ];

        Assert.True(types.Length > 30);
        AssertAliases(types.Select(type => (type.FullName!, type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias)));
    }

    [Fact]
    public void Every_method_of_a_grain_interface_has_an_alias_of_its_own()
    {
        foreach (var grain in Types.Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type)))
        {
            AssertAliases(grain.GetMethods().Select(method => (method.Name, method.GetCustomAttribute<AliasAttribute>()?.Alias)));
        }
    }

    [Fact]
    public void Every_grain_interface_goes_by_the_lease_of_its_silo() => Assert.All(
        Types.Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type)),
        type => Assert.True(typeof(ILeasedGrain).IsAssignableFrom(type), type.FullName));

    [Fact]
    public void Every_member_of_a_serialized_type_has_an_id_of_its_own()
    {
        foreach (var type in Types.Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) && !type.IsEnum))
        {
            uint[] ids =
            [
                .. type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                    .Select(property => property.GetCustomAttribute<IdAttribute>()?.Id).OfType<uint>(),
            ];

            Assert.Equal(Enumerable.Range(0, ids.Length).Select(id => (uint)id), ids.Order());
        }
    }

    private static void AssertAliases(IEnumerable<(string Name, string? Alias)> members)
    {
        var all = members.ToList();

        Assert.DoesNotContain(all, member => string.IsNullOrEmpty(member.Alias));
        Assert.Empty(all.GroupBy(member => member.Alias).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    private static IGrainContext Context(string key)
    {
        var context = DispatchProxy.Create<IGrainContext, ContextWithOnlyAnId>();
        ((ContextWithOnlyAnId)context).Id = GrainId.Create("test", key);
        return context;
    }

    /// <summary>All that the grains ask of their context before they are used.</summary>
    public class ContextWithOnlyAnId : DispatchProxy
    {
        public GrainId Id { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod?.Name == "get_GrainId" ? Id : throw new NotSupportedException(targetMethod?.Name);
    }

    /// <summary>An empty storage that remembers the state name it was last asked for.</summary>
    private sealed class RecordingStorage : IGrainStorage
    {
        public string? StateName { get; private set; }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            StateName = stateName;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }
}
