using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Models;

/// <summary>
/// Touches models that fall back from an unhealthy primary, so that its servers are asked (rule HV4). Every silo has such
/// a service.
/// </summary>
internal sealed partial class FallbackWorker(IRegistryCatalog catalog, IGrainFactory grains, TimeProvider clock, ILogger<FallbackWorker> logger)
    : TouchWorker(grains, clock)
{
    private const int PageSize = 500;

    protected override async Task Work(CancellationToken stoppingToken)
    {
        ModelAddress? last = null;
        ImmutableArray<ModelAddress> page;
        do
        {
            page = await catalog.ListFallingBack(last, PageSize, stoppingToken);
            await Touch(page, stoppingToken);
            last = page.LastOrDefault();
        }
        while (page.Length == PageSize);
    }

    [LoggerMessage(112, LogLevel.Warning, "Models that fall back from an unhealthy primary can't be read now")]
    protected override partial void LogFailure(Exception exception);

    [LoggerMessage(113, LogLevel.Error, "Model {ModelId} falls back from an unhealthy primary, but can't be read")]
    protected override partial void LogCorrupt(string modelId, Exception exception);
}
