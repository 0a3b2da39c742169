using Orleans.Configuration;
using Orleans.Dashboard;
using OrleansRegistry.Billing;
using OrleansRegistry.Gateway;
using OrleansRegistry.Models;
using OrleansRegistry.Outbound;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary>Puts a node together: a silo, its storage and the gateway in one process.</summary>
public static class RegistryHost
{
    /// <summary>Names the deployment in every stored row; it can't change without losing sight of them.</summary>
    private const string ServiceId = "orleans-registry";

    /// <summary>Builds a node from the settings.</summary>
    /// <param name="args">Settings as command-line arguments, <c>--Registry:DataDirectory=…</c>.</param>
    /// <param name="configure">Changes the services before the node is built, or null.</param>
    /// <exception cref="InvalidSettingsException">The settings are not valid.</exception>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var settings = RegistrySettings.Read(builder.Configuration);
        builder.WebHost.UseUrls(settings.Urls);
        // What keeps a node from starting is told once, by the program, and without a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.AddTelemetry();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.AddSingleton(new OutboundHttp(settings.Outbound));
        builder.Services.AddRegistryStorage(settings.Storage);
        builder.UseOrleans(silo => AddSilo(silo, settings));
        builder.Services.AddRegistryGateway(settings.Invocation, settings.Access, settings.Limits);
        builder.Services.AddHealthChecks().AddCheck<SiloHealth>("silo", tags: [HealthEndpoints.ReadyTag, HealthEndpoints.StartupTag]);
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapRegistryGateway();
        if (settings.HasDashboard)
        {
            app.MapRegistryDashboard();
        }

        return app;
    }

    private static void AddSilo(ISiloBuilder silo, RegistrySettings settings)
    {
        silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: ServiceId, clusterId: ServiceId);
        if (Telemetry.IsOn(silo.Configuration))
        {
            silo.AddActivityPropagation();
        }

        if (settings.HasDashboard)
        {
            silo.AddDashboard();
        }

        silo.AddRegistryGrainStorage();
        silo.Services.AddRegistryGrains();
        silo.Services.Configure<ModelOptions>(options => (options.MaxActiveVersions, options.ModelsPerWorkspace, options.VersionsPerWorkspace, options.ActiveVersionsPerWorkspace) =
            (settings.MaxActiveVersions, settings.Quotas.Models, settings.Quotas.Versions, settings.Quotas.ActiveVersions));
        silo.Services.Configure<BillingOptions>(options => (options.Currency, options.CloseAfterHours) = (settings.Billing.Currency, settings.Billing.CloseAfterHours));
        silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = CommandContext.Lifetime + CommandContext.StatementTimeout);
    }
}
