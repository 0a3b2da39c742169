using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansRegistry.Cluster;

/// <summary>
/// Mutual TLS for every connection of a cluster, between silos and between clients and silos. Whoever has a certificate
/// of the cluster's own authority belongs to it; names in certificates don't matter, so the authority must be used for
/// nothing else.
/// </summary>
internal static class ClusterTls
{
    /// <summary>Secures a client's connections.</summary>
    public static IClientBuilder UseClusterTls(this IClientBuilder client, ClusterCertificateFiles files)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Services.AddClusterCertificates(files);
        client.Services.AddOptions<ClientConnectionOptions>().Configure<ClusterCertificates>(
            (options, certificates) => options.ConfigureConnection(connection => connection.UseClientTls(certificates.Tls)));
        return client;
    }

    /// <summary>Adds the certificates of this node.</summary>
    internal static void AddClusterCertificates(this IServiceCollection services, ClusterCertificateFiles files) =>
        services.AddSingleton(provider => new ClusterCertificates(files, provider.GetRequiredService<ILogger<ClusterCertificates>>()));
}
