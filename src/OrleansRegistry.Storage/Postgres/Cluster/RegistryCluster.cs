using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Hosting;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Clusters of nodes on one PostgreSQL database. Orleans' membership is kept there by scripts of our own; a silo that
/// membership calls dead can't write any more, and answers nothing without a lease on its membership.
/// </summary>
public static class RegistryCluster
{
    /// <summary>Makes a silo a member of the cluster that its database keeps.</summary>
    public static ISiloBuilder UseRegistryClustering(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.UseAdoNetClustering((OptionsBuilder<AdoNetClusteringSiloOptions> clustering) => clustering
            .Configure<PostgresDatabase>((options, database) =>
            {
                options.Invariant = database.Invariant;
                options.DataSource = database.Members;
            }));
        silo.Services.Configure<ClusterMembershipOptions>(Tune);
        silo.Services.AddSingleton<IFatalErrorHandler, SiloEnd>();
        silo.Services.AddSingleton(services => SiloIdentity.Of(services.GetRequiredService<ILocalSiloDetails>().SiloAddress));
        silo.Services.AddSingleton<ClockCheck>();
        silo.Services.AddHealthChecks().AddCheck<ClockCheck>("clock", tags: ["ready"]);
        silo.Services.AddSingleton<MembershipLease>();
        silo.Services.AddSingleton<ISiloLease>(services => services.GetRequiredService<MembershipLease>());
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<MembershipLease>());
        silo.Services.AddSingleton<DatabaseEpoch>();
        silo.Services.AddSingleton<IConfigureGrainContextProvider>(services => services.GetRequiredService<DatabaseEpoch>());
        silo.Services.AddSingleton<IIncomingGrainCallFilter, LeaseGuard>();
        silo.AddGrainService<PeerProbe>();
        silo.Services.AddSingleton<PeerProbeClient>();
        silo.Services.AddSingleton<RegistryGrainDirectory>();
        // By name it is told of dead silos, by the resolver it is used.
        silo.Services.AddGrainDirectory(RegistryStorage.Name, (services, _) => services.GetRequiredService<RegistryGrainDirectory>());
        silo.Services.AddSingleton<IGrainDirectoryResolver, RegistryGrainDirectoryResolver>();
        return silo;
    }

    /// <summary>Lets an Orleans client find the silos of the cluster that its database keeps.</summary>
    public static IClientBuilder UseRegistryClustering(this IClientBuilder client)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.UseAdoNetClustering((OptionsBuilder<AdoNetClusteringClientOptions> clustering) => clustering
            .Configure<PostgresDatabase>((options, database) =>
            {
                options.Invariant = database.Invariant;
                options.DataSource = database.Members;
            }));
        return client;
    }

    /// <summary>
    /// How soon a silo is taken for dead. Orleans' own values answer again 11 s after a SIGKILL and over a minute after
    /// a SIGSTOP, because an open connection counts as a sign of life for three times the longest probe.
    /// </summary>
    private static void Tune(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 3;
        // A silo that is heard but hears nothing answers nobody.
        membership.EnableConnectionLivenessCheck = false;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        // A node that starts waits for members which it can't reach, until they have been silent for three times this:
        // as long as silos resolve on that are cut off from the database together, and then some.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(20);
    }
}
