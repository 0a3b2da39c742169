using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Models;

/// <summary>
/// Touches models that fall back from an unhealthy primary, so that its servers are asked without a caller, also after a
/// crash (rule HV4). They are found in the rows; every silo may have such a service.
/// </summary>
internal sealed partial class FallbackWorker(IRegistryCatalog catalog, IGrainFactory grains, TimeProvider clock, ILogger<FallbackWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private const int PageSize = 500;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        ModelAddress? last = null;
        ImmutableArray<ModelAddress> page;
        do
        {
            page = await catalog.ListFallingBack(last, PageSize, stoppingToken);
            foreach (var model in page)
            {
                await Touch(model, stoppingToken);
                last = model;
            }
        }
        while (page.Length == PageSize);
    }

    private async Task Touch(ModelAddress model, CancellationToken stoppingToken)
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

    [LoggerMessage(112, LogLevel.Warning, "Models that fall back from an unhealthy primary can't be read now")]
    protected override partial void LogFailure(Exception exception);

    [LoggerMessage(113, LogLevel.Error, "Model {ModelId} falls back from an unhealthy primary, but can't be read")]
    private partial void LogCorrupt(string modelId, Exception exception);
}
