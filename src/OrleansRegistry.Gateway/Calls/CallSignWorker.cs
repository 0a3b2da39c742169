using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>Has models told of calls every second, whatever becomes of the traffic's reports.</summary>
internal sealed partial class CallSignWorker(CallSignReporter signs, TimeProvider clock, ILogger<CallSignWorker> logger)
    : PeriodicWorker(ReportInterval, clock)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    protected override Task Work(CancellationToken stoppingToken) => signs.Report();

    [LoggerMessage(212, LogLevel.Debug, "Models could not be told of calls")]
    protected override partial void LogFailure(Exception exception);
}
