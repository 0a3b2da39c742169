using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Outbound;
using OrleansRegistry.Processes;
using OrleansRegistry.Storage;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Testing;

/// <summary>A real silo on a real database, in this process. Only instants and faults can be the test's own.</summary>
public sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private TestSilo(IHost host) => _host = host;

    /// <summary>The instants of the registry; the silo's own timers run on the system's clock.</summary>
    public OffsetClock Clock => _host.Services.GetRequiredService<OffsetClock>();

    /// <summary>All that the process has.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The silo's grains, asked in the default workspace from here on.</summary>
    public IGrainFactory Grains
    {
        get
        {
            WorkspaceScope.Enter(GrainKeys.DefaultWorkspace);
            return _host.Services.GetRequiredService<IGrainFactory>();
        }
    }

    /// <summary>The database's catalog.</summary>
    internal IRegistryCatalog Catalog => _host.Services.GetRequiredService<IRegistryCatalog>();

    /// <summary>What billing reads of the database.</summary>
    internal IBillingCatalog Billing => _host.Services.GetRequiredService<IBillingCatalog>();

    /// <summary>The rows of artifacts.</summary>
    internal IArtifactCatalog Artifacts => _host.Services.GetRequiredService<IArtifactCatalog>();

    /// <summary>The files of artifacts.</summary>
    internal IArtifactFiles Files => _host.Services.GetRequiredService<IArtifactFiles>();

    /// <summary>The stored keys and workspaces.</summary>
    internal IAccessCatalog Access => _host.Services.GetRequiredService<IAccessCatalog>();

    /// <summary>Plays the processes of versions.</summary>
    internal FakeProcessRunner Processes => _host.Services.GetRequiredService<FakeProcessRunner>();

    /// <summary>Where faults are put in.</summary>
    public FaultyStorage Storage => (FaultyStorage)_host.Services.GetRequiredKeyedService<IGrainStorage>(RegistryStorage.Name);

    /// <summary>Starts a silo on a database.</summary>
    /// <param name="options">The database.</param>
    /// <param name="configure">Changes the services, or null.</param>
    public static async Task<TestSilo> Start(StorageOptions options, Action<IServiceCollection>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<OffsetClock>();
        builder.Services.AddSingleton<TimeProvider>(services => services.GetRequiredService<OffsetClock>());
        builder.Services.AddSingleton(new OutboundHttp(new OutboundOptions { AllowLoopback = true }));
        builder.Services.AddRegistryStorage(options);
        builder.Services.AddRegistryArtifacts(Path.Combine(options.DataDirectory, "artifacts"), minFreeBytes: 0);
        builder.Services.AddSingleton(new WebhookSeal(new SealKey("test", new byte[32]), previous: null));
        builder.Services.AddSingleton<FakeProcessRunner>();
        builder.Services.AddSingleton(new InstanceTypes(new Dictionary<string, ProcessResources> { ["cpu"] = ProcessResources.Default }));
        builder.Services.AddSingleton<IProcessRunner>(services => services.GetRequiredService<FakeProcessRunner>());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), gatewayPort: 0, serviceId: "orleans-registry", clusterId: "test");
            silo.AddRegistryGrainStorage();
            silo.Services.AddRegistryGrains();
            var real = silo.Services.Single(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, RegistryStorage.Name));
            silo.Services.Remove(real);
            silo.Services.AddKeyedSingleton<IGrainStorage>(
                RegistryStorage.Name, (services, key) => new FaultyStorage((IGrainStorage)real.KeyedImplementationFactory!(services, key)));
        });
        // A silo that sees hours pass between two looks at itself takes itself for dead.
        builder.Services.AddKeyedSingleton(KeyedService.AnyKey, (_, _) => TimeProvider.System);
        configure?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new TestSilo(host);
    }

    /// <summary>The grain of a model in the default workspace.</summary>
    internal IModelGrain Model(string id) => Grains.GetGrain<IModelGrain>(GrainKeys.Model(GrainKeys.DefaultWorkspace, id));

    /// <summary>The grain of a name in the default workspace.</summary>
    internal IModelNameGrain Name(string name) => Grains.GetGrain<IModelNameGrain>(GrainKeys.Name(GrainKeys.DefaultWorkspace, name));

    /// <summary>The rates of the default workspace.</summary>
    internal IRatesGrain Rates() => Grains.GetGrain<IRatesGrain>(GrainKeys.Rates(GrainKeys.DefaultWorkspace));

    /// <summary>The statement of a month in the default workspace.</summary>
    internal IBillingGrain Statement(BillingMonth month) => Grains.GetGrain<IBillingGrain>(GrainKeys.Billing(GrainKeys.DefaultWorkspace, month));

    /// <summary>The command for a deployment under a name, changed as the test says.</summary>
    internal DeployCommand Deployment(string modelName, Func<Deployment, Deployment>? change = null, CommandContext? context = null)
    {
        var deployment = new Deployment { ModelName = modelName };
        return DeployCommand.Of(context ?? Command(), change?.Invoke(deployment) ?? deployment);
    }

    /// <summary>What every command carries.</summary>
    internal CommandContext Command(bool dryRun = false) => new()
    {
        CommandId = Guid.NewGuid(),
        Actor = "test",
        Deadline = Clock.GetUtcNow() + CommandContext.Lifetime,
        Role = Role.Admin,
        DryRun = dryRun,
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>The system's clock, moved by as much as a test says. Timers run as they do.</summary>
public sealed class OffsetClock : TimeProvider
{
    private TimeSpan _offset;

    /// <summary>Moves the clock; a negative span moves it back.</summary>
    public void Move(TimeSpan by) => _offset += by;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _offset;
}
