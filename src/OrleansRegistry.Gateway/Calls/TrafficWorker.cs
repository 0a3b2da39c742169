using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>Has traffic reported every second, and before the node stops.</summary>
internal sealed partial class TrafficWorker(
    TrafficReporter reporter,
    TrafficMeter meter,
    ServerRecords servers,
    TimeProvider clock,
    ILogger<TrafficWorker> logger)
    : PeriodicWorker(ReportInterval, clock)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepUnused = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await reporter.ReportAll();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailure(e);
        }
    }

    protected override async Task Work(CancellationToken stoppingToken)
    {
        await reporter.ReportAll();
        meter.Retire(Clock.GetUtcNow() - KeepUnused);
        servers.Retire();
    }

    [LoggerMessage(210, LogLevel.Debug, "Traffic could not be reported")]
    protected override partial void LogFailure(Exception exception);
}
