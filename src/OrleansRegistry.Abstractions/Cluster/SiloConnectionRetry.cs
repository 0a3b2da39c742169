using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Cluster;

/// <summary>Lets a client try to connect until a silo answers: silos may start later than their clients.</summary>
internal sealed partial class SiloConnectionRetry(ILogger<SiloConnectionRetry> logger, ClusterCertificates? certificates = null)
    : IClientConnectionRetryFilter
{
    /// <summary>How often a client reads the list of silos, and tries to connect to a first one.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (certificates is null && IsCausedBy<ConnectionAbortedException>(exception))
        {
            LogCertificateMissing();
        }

        await Task.Delay(Interval, TimeProvider.System, cancellationToken);
        return true;
    }

    private static bool IsCausedBy<T>(Exception? exception) =>
        exception is not null && (exception is T || IsCausedBy<T>(exception.InnerException));

    [LoggerMessage(
        404,
        LogLevel.Warning,
        "A silo closes the connection: certificate missing? "
        + "A cluster with certificates takes no client without one (Certificates)")]
    private partial void LogCertificateMissing();
}
