using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>Mutual TLS on the connections of a silo, see <see cref="ClusterTls"/>.</summary>
public static class SiloTls
{
    /// <summary>Secures a silo's connections, to and from silos and clients.</summary>
    public static ISiloBuilder UseClusterTls(this ISiloBuilder silo, ClusterCertificateFiles files)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddClusterCertificates(files);
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<ClusterCertificates>((options, certificates) =>
        {
            options.ConfigureSiloInboundConnection(connection => connection.UseServerTls(certificates.Tls));
            options.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(certificates.Tls));
            options.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(certificates.Tls));
        });
        return silo;
    }
}
