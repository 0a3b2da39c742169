using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Models;

/// <summary>
/// Touches models that have a version <c>starting</c>, so that starts go on after a crash without a caller (rule L3).
/// What must go on is found in the rows.
/// </summary>
internal sealed partial class StartWorker(IRegistryCatalog catalog, IGrainFactory grains, TimeProvider clock, ILogger<StartWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    protected override async Task Work(CancellationToken stoppingToken)
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
                LogFailure(e);
            }
        }
    }

    [LoggerMessage(110, LogLevel.Warning, "Versions that are starting can't be read now")]
    protected override partial void LogFailure(Exception exception);

    [LoggerMessage(111, LogLevel.Error, "Model {ModelId} has a version starting, but can't be read")]
    private partial void LogCorrupt(string modelId, Exception exception);
}
