using k8s;
using Orleans.Dashboard;
using OrleansRegistry.Cluster;
using OrleansRegistry.Gateway;
using OrleansRegistry.Runtime;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Postgres.Cluster;
using OrleansRegistry.WebConsole;

namespace OrleansRegistry.Host;

/// <summary>Puts a node together: a silo, its storage and the gateway in one process, or the silo or the gateway alone.</summary>
public static partial class RegistryHost
{
    /// <summary>Who sets it is told when there are fewer; the default is as many as may be, up to a number.</summary>
    private const string ConnectionsSetting = "Registry:Limits:Connections";

    /// <summary>Builds a node from the settings.</summary>
    /// <param name="args">Settings as command-line arguments, <c>--Registry:DataDirectory=…</c>.</param>
    /// <param name="configure">Changes the services before the node is built, or null.</param>
    /// <exception cref="StartupException">The settings are not valid.</exception>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        var settings = RegistrySettings.Read(builder.Configuration);
        builder.Services.AddSingleton(settings);
        var connections = FileHandles.Connections(settings.Limits.Connections, FileHandles.Limit);
        var isConfigured = builder.Configuration[ConnectionsSetting] is not null;
        var limits = settings.Limits with { Connections = connections };
        Listen(builder, settings);
        // What keeps a node from starting is told once, by the program, and without a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.AddTelemetry(hasListener: settings.Options.MetricsPort != 0);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = LongestEnd(settings));
        builder.Services.AddRegistryData(settings.Silo, holdsGrains: settings.Options.Role != NodeRole.Gateway);
        if (settings.Options.Role != NodeRole.Silo)
        {
            builder.Services.AddFirstKeyCheck(settings.Access);
        }

        builder.Services.AddAccessSecret(settings.Access.OpenSecret());
        builder.Services.AddRegistryRuntime(settings.Options.Runtime, settings.RunnerPlace);
        builder.Services.AddSingleton(settings.InstanceTypes);
        if (settings.Options.Role == NodeRole.Gateway)
        {
            builder.UseOrleansClient(client => AddClient(client, settings));
        }
        else
        {
            builder.UseOrleans(silo => AddSilo(silo, settings));
        }

        if (settings.Options.Role == NodeRole.Silo)
        {
            builder.Services.AddHealthRoutes(limits);
        }
        else
        {
            builder.Services.AddRegistryGateway(settings.Calls, settings.Access, limits, settings.Drain);
            if (settings.Options.Dashboard)
            {
                builder.Services.AddSingleton(new ServerFeature("dashboard"));
            }

            if (settings.Options.Console.Enabled)
            {
                builder.Services.AddWebConsole(settings.Options.Console);
                builder.Services.AddSingleton(new ServerFeature("console"));
            }
        }

        configure?.Invoke(builder.Services);
        var app = builder.Build();
        if (isConfigured && connections < settings.Limits.Connections)
        {
            app.Lifetime.ApplicationStarted.Register(() => LogFewHandles(app.Logger, settings.Limits.Connections, connections, FileHandles.Limit));
        }

        if (DataFiles.OpenSettings(settings, app.Configuration) is { Count: > 0 } open)
        {
            app.Lifetime.ApplicationStarted.Register(() => LogOpenFiles(app.Logger, string.Join(", ", open)));
        }

        Map(app, settings);
        return app;
    }

    /// <summary>The listener for health goes where the others are named: the server takes addresses from one place only.</summary>
    private static void Listen(WebApplicationBuilder builder, RegistrySettings settings)
    {
        if (settings.Endpoints is not [])
        {
            builder.Configuration.AddInMemoryCollection(settings.HealthUrls.Select((url, n) => KeyValuePair.Create($"Kestrel:Endpoints:RegistryHealth{n}:Url", (string?)url)));
        }

        builder.WebHost.UseUrls([settings.Urls, .. settings.HealthUrls]);
    }

    /// <summary>How long a node takes to end at most, beside the time that processes of versions take.</summary>
    internal static TimeSpan LongestEnd(RegistrySettings settings) => settings.Drain + RegistrySilo.ShutdownTimeout;

    private static void Map(WebApplication app, RegistrySettings settings)
    {
        if (settings.Options.Role == NodeRole.Silo)
        {
            app.MapHealth();
            return;
        }

        var (hasConsole, hasReference) = (settings.Options.Console.Enabled, settings.Options.Scalar);
        app.MapRegistryGateway(hasConsole ? Links.Root : hasReference ? BrowserPage.Reference : null, hasReference);
        if (hasConsole)
        {
            app.MapWebConsole();
        }

        if (settings.Options.Dashboard)
        {
            app.MapRegistryDashboard();
        }
    }

    private static void AddSilo(ISiloBuilder silo, RegistrySettings settings)
    {
        if (settings.Options.Kubernetes)
        {
            // Before what follows, which is not to be changed by variables of the pod.
            silo.UseKubernetesHosting(pods => pods.Configure(options => options.GetClientConfiguration = FindServiceAccount));
        }

        silo.UseRegistry(settings.Silo);
        if (Telemetry.IsOn(silo.Configuration))
        {
            silo.AddActivityPropagation();
        }

        if (settings.Options.Dashboard)
        {
            silo.AddDashboard();
        }

        silo.Services.AddHealthChecks().AddCheck<SiloHealth>("silo", tags: [HealthEndpoints.ReadyTag, HealthEndpoints.StartupTag]);
    }

    private static KubernetesClientConfiguration FindServiceAccount() => KubernetesClientConfiguration.IsInCluster()
        ? KubernetesClientConfiguration.InClusterConfig()
        : throw new StartupException(
            "Registry:Kubernetes needs the pod's service account, by which the silo may read pods: its token is not there.");

    private static void AddClient(IClientBuilder client, RegistrySettings settings)
    {
        client.ConnectToRegistry(settings.Certificates);
        client.UseRegistryClustering();
        if (Telemetry.IsOn(client.Configuration))
        {
            client.AddActivityPropagation();
        }

        if (settings.Options.Dashboard)
        {
            client.AddDashboard();
        }

        client.Services.AddHealthChecks().AddCheck<ClusterHealth>("cluster", tags: [HealthEndpoints.ReadyTag, HealthEndpoints.StartupTag]);
    }

    [LoggerMessage(501, LogLevel.Warning, "Registry:Limits:Connections is {Configured}, but only {Possible} connections are taken: the process may have {Handles} file handles")]
    private static partial void LogFewHandles(ILogger logger, int configured, int possible, long? handles);

    [LoggerMessage(502, LogLevel.Warning, "Other users of this machine can read {Files}, which settings name: give them to the node's user alone")]
    private static partial void LogOpenFiles(ILogger logger, string files);
}
