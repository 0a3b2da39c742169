namespace OrleansRegistry.Models;

/// <summary>
/// Touches models that are found in the rows, every half minute, so that what they do by themselves goes on after a
/// crash without a caller.
/// </summary>
/// <param name="grains">The models.</param>
/// <param name="clock">The clock that measures the half minutes.</param>
internal abstract class TouchWorker(IGrainFactory grains, TimeProvider clock) : PeriodicWorker(PollInterval, clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    /// <summary>Touches models, one after the other. One that can't be touched now is left to the next time.</summary>
    protected async Task Touch(IEnumerable<ModelAddress> models, CancellationToken stoppingToken)
    {
        foreach (var model in models)
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

    /// <summary>Logs that a model's row can't be read.</summary>
    protected abstract void LogCorrupt(string modelId, Exception exception);
}
