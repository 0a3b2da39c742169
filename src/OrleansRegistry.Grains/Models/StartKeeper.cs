using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Models;

/// <summary>
/// Touches models that have a version <c>starting</c>, so that starts go on after a crash without a caller (rule L3). What must go on is
/// found in the rows.
/// </summary>
internal sealed partial class StartKeeper(IRegistryCatalog catalog, IGrainFactory grains, TimeProvider clock, ILogger<StartKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                await TouchAll(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TouchAll(CancellationToken stoppingToken)
    {
        foreach (var model in await catalog.ListStarting(stoppingToken))
        {
            try
            {
                WorkspaceScope.Enter(model.Workspace);
                await grains.GetGrain<IModelServing>(GrainKeys.Model(model.Workspace, model.ModelId)).Touch();
            }
            catch (StateCorruptException e)
            {
                LogCorrupt(model.ModelId, e);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Its silo is away, or takes no commands; others may.
                LogAway(e);
            }
        }
    }

    [LoggerMessage(110, LogLevel.Warning, "Starts that go on can't be looked up now")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(111, LogLevel.Error, "Model {ModelId} has a version starting, but can't be read")]
    private partial void LogCorrupt(string modelId, Exception exception);
}
