using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Storage.Retention;

/// <summary>Removes old events once an hour. Every node may have such a service.</summary>
internal sealed partial class RetentionService(RegistryDatabase database, StorageOptions options, TimeProvider clock, ILogger<RetentionService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pruner = new EventPruner(database);
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                var before = clock.GetUtcNow() - TimeSpan.FromDays(options.EventRetentionDays);
                if (await pruner.Prune(before, stoppingToken) is > 0 and var removed)
                {
                    LogRemoved(removed, before);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(202, LogLevel.Information, "{Count} events from before {Before:O} are removed")]
    private partial void LogRemoved(int count, DateTimeOffset before);

    [LoggerMessage(203, LogLevel.Warning, "Old events can't be removed now")]
    private partial void LogAway(Exception exception);
}
