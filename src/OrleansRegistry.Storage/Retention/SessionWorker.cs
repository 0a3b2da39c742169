using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Storage.Retention;

/// <summary>Removes sessions that are over, once an hour. Every node may have such a service.</summary>
internal sealed partial class SessionWorker(RegistryDatabase database, TimeProvider clock, ILogger<SessionWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromHours(1);

    // Longer than clocks of nodes differ.
    private static readonly TimeSpan Delay = TimeSpan.FromHours(1);

    private readonly SessionPruner _pruner = new(database);

    protected override Task Work(CancellationToken stoppingToken) => _pruner.Prune(Clock.GetUtcNow() - Delay, stoppingToken);

    [LoggerMessage(305, LogLevel.Warning, "Sessions that are over can't be removed now")]
    protected override partial void LogFailure(Exception exception);
}
