using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>Brings what the gateway counted to the versions' grains: every second, when somebody asks, and before the node stops.</summary>
public sealed partial class TrafficReporter(TrafficMeter meter, IGrainFactory grains, TimeProvider clock, ILogger<TrafficReporter> logger)
    : BackgroundService
{
    private const int AtOnce = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepUnused = TimeSpan.FromMinutes(10);

    /// <summary>The traffic of a version, with all that this gateway has counted.</summary>
    public async Task<TrafficView> Read(string workspace, VersionId version)
    {
        if (meter.Find(workspace, version) is { } counter)
        {
            await Report(counter);
        }

        return await Grain(workspace, version).Read();
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ReportAll(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ReportAll(stoppingToken);
                meter.Retire(clock.GetUtcNow() - KeepUnused);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task ReportAll(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                meter.Counters, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (counter, _) => await Report(counter));
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // Totals are reported, not differences: the next report makes up for this one.
            LogNotReported(e);
        }
    }

    private async Task Report(VersionCounter counter)
    {
        if (counter.Unreported() is { } report)
        {
            WorkspaceScope.Enter(counter.Workspace);
            await Grain(counter.Workspace, counter.Version).Report(report);
            counter.Reported(report);
        }
    }

    private IVersionTrafficGrain Grain(string workspace, VersionId version) =>
        grains.GetGrain<IVersionTrafficGrain>(GrainKeys.Traffic(workspace, version));

    [LoggerMessage(210, LogLevel.Debug, "Traffic could not be reported")]
    private partial void LogNotReported(Exception exception);
}
