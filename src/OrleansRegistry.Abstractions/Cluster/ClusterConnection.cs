using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace OrleansRegistry.Cluster;

/// <summary>How Orleans clients of a cluster behave, gateways among them, however they find its silos.</summary>
internal static class ClusterConnection
{
    /// <summary>How long an answer is waited for: a silo that is frozen is replaced by then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Makes a client one of the cluster's.</summary>
    /// <param name="client">The client.</param>
    /// <param name="certificates">By which the cluster knows it, or null where connections are not secured.</param>
    public static IClientBuilder ConnectToRegistry(this IClientBuilder client, ClusterCertificateFiles? certificates)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Configure<ClusterOptions>(ClusterName.Set);
        if (certificates is not null)
        {
            client.UseClusterTls(certificates);
        }

        client.UseConnectionRetryFilter<SiloSearch>();
        client.Services.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = SiloSearch.Interval);
        client.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = Patience);
        return client;
    }
}
