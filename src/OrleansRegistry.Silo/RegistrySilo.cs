using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Cluster;
using OrleansRegistry.Outbound;
using OrleansRegistry.Processes;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Postgres.Cluster;

namespace OrleansRegistry;

/// <summary>Makes a process a silo of the registry.</summary>
public static class RegistrySilo
{
    /// <summary>How long a node waits for what runs, once it takes no more calls.</summary>
    internal static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <summary>How long to wait for an answer of a grain: longer than any command lives.</summary>
    private static readonly TimeSpan ResponseTimeout = CommandContext.Lifetime + CommandContext.StatementTimeout;

    /// <summary>
    /// How long a silo keeps answers back for a client whose connection to it is lost; up to as long again passes before it looks. A client that comes
    /// back gets them. But Orleans keeps back those, too, that could go by way of a silo that the client is still connected to: with the minute that is
    /// the default it hears nothing from this silo's grains for one or two minutes, which no call waits for.
    /// </summary>
    private static readonly TimeSpan ClientAbsence = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Makes the service a silo of the registry: alone, with a SQLite file, or in a cluster with nodes and others on one
    /// PostgreSQL database. <c>AddModelRegistry</c> adds the <see cref="IModelRegistry"/> to it. The service starts when
    /// the silo has started. It has no HTTP interface, no keys and no console; those are of nodes that are gateways.
    /// </summary>
    /// <param name="builder">The service, which has no other silo and is no Orleans client.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="OptionsValidationException">
    /// The options are not valid; the message names each fault.
    /// </exception>
    /// <exception cref="InvalidOperationException">The service is a silo of the registry already.</exception>
    public static IHostApplicationBuilder AddOrleansRegistrySilo(this IHostApplicationBuilder builder, Action<RegistrySiloOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new RegistrySiloOptions();
        configure(options);
        options.Validate();
        var services = builder.Services;
        if (services.Any(service => service.ServiceType == typeof(RegistrySiloOptions)))
        {
            throw new InvalidOperationException("The service is a silo of the registry already.");
        }

        services.AddSingleton(options);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddRegistryData(options, holdsGrains: true);
        services.AddAccessSecret(options.OpenSecret());
        services.AddSingleton<IProcessRunner, NoRunner>();
        services.AddSingleton(new InstanceTypes(new Dictionary<string, ProcessResources>()));
        builder.UseOrleans(silo => silo.UseRegistry(options));
        services.AddHostedService<DefaultWorkspace>();
        return builder;
    }

    /// <summary>Adds rows, files and outgoing connections to a node.</summary>
    /// <param name="services">The node's services.</param>
    /// <param name="options">Where they are.</param>
    /// <param name="holdsGrains">Whether the node has a silo.</param>
    internal static IServiceCollection AddRegistryData(this IServiceCollection services, RegistrySiloOptions options, bool holdsGrains)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new OutboundHttp(options.Guard));
        services.AddRegistryStorage(options.Storage, holdsGrains);
        if (options.IsEmbedded)
        {
            services.AddSqliteClock();
        }

        return services.AddRegistryArtifacts(options.ArtifactDirectory, options.MinFreeBytes);
    }

    /// <summary>Makes a silo one of the registry. It needs <see cref="AddRegistryData"/>, a secret and a runner.</summary>
    internal static ISiloBuilder UseRegistry(this ISiloBuilder silo, RegistrySiloOptions options)
    {
        if (options.IsEmbedded)
        {
            silo.UseLocalhostClustering(options.SiloPort, options.ClientPort, serviceId: ClusterName.Value, clusterId: ClusterName.Value);
        }
        else
        {
            silo.Configure<ClusterOptions>(ClusterName.Set);
            silo.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.AdvertisedIPAddress = options.AdvertisedAddress;
                (endpoints.SiloPort, endpoints.GatewayPort) = (options.SiloPort, options.ClientPort);
                endpoints.SiloListeningEndpoint = new IPEndPoint(options.BoundAddress, options.SiloPort);
                endpoints.GatewayListeningEndpoint = options.ClientPort == 0 ? null : new IPEndPoint(options.BoundAddress, options.ClientPort);
            });
            silo.UseRegistryClustering();
        }

        if (options.Certificates is { } certificates)
        {
            silo.UseClusterTls(certificates);
        }

        silo.AddRegistryGrainStorage();
        silo.Services.AddRegistryGrains();
        silo.Services.AddSingleton(Options.Create(options.Quotas));
        silo.Services.AddSingleton(Options.Create(options.Billing));
        silo.Services.Configure<SiloMessagingOptions>(messaging =>
            (messaging.ResponseTimeout, messaging.ClientDropTimeout) = (ResponseTimeout, ClientAbsence));
        return silo;
    }
}
