using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Storage.Retention;

/// <summary>Removes old events once an hour. Every node may have such a service.</summary>
internal sealed partial class RetentionWorker(RegistryDatabase database, StorageOptions options, TimeProvider clock, ILogger<RetentionWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromHours(1);

    private readonly EventPruner _pruner = new(database);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var before = Clock.GetUtcNow() - TimeSpan.FromDays(options.EventRetentionDays);
        if (await _pruner.Prune(before, stoppingToken) is > 0 and var removed)
        {
            LogRemoved(removed, before);
        }
    }

    [LoggerMessage(303, LogLevel.Information, "{Count} events from before {Before:O} are removed")]
    private partial void LogRemoved(int count, DateTimeOffset before);

    [LoggerMessage(304, LogLevel.Warning, "Old events can't be removed now")]
    protected override partial void LogFailure(Exception exception);
}
