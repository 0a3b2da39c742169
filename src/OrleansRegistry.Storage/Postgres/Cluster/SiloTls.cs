using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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
        var connections = silo.Services.AddOptions<SiloConnectionOptions>();
        connections.Configure<ClusterCertificates, ILogger<ClusterCertificates>>((options, certificates, logger) =>
        {
            options.ConfigureSiloInboundConnection(TakeTls);
            options.ConfigureGatewayInboundConnection(TakeTls);
            options.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(certificates.Tls));

            void TakeTls(IConnectionBuilder connection)
            {
                connection.RequireTls(logger);
                connection.UseServerTls(certificates.Tls);
            }
        });
        return silo;
    }
}
