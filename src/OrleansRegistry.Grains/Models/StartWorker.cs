using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Models;

/// <summary>Touches models that have a version <c>starting</c>, so that starts go on (rule L3).</summary>
internal sealed partial class StartWorker(IRegistryCatalog catalog, IGrainFactory grains, TimeProvider clock, ILogger<StartWorker> logger)
    : TouchWorker(grains, clock)
{
    protected override async Task Work(CancellationToken stoppingToken) =>
        await Touch(await catalog.ListStarting(stoppingToken), stoppingToken);

    [LoggerMessage(110, LogLevel.Warning, "Versions that are starting can't be read now")]
    protected override partial void LogFailure(Exception exception);

    [LoggerMessage(111, LogLevel.Error, "Model {ModelId} has a version starting, but can't be read")]
    protected override partial void LogCorrupt(string modelId, Exception exception);
}
