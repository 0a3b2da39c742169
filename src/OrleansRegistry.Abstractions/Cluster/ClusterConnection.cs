using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace OrleansRegistry.Cluster;

/// <summary>How Orleans clients of a cluster behave, gateways among them, however they find its silos.</summary>
internal static class ClusterConnection
{
    /// <summary>How long to wait for an answer: a silo that is frozen is replaced by then.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

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

        client.UseConnectionRetryFilter<SiloConnectionRetry>();
        client.Services.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = SiloConnectionRetry.Interval);
        client.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        return client;
    }
}
