using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Artifacts;

/// <summary>
/// Looks for artifacts that no version was deployed with any more, and for files that no artifact has (rule F6). Their
/// grains take the steps. Each step can be taken twice, so that every silo may have such a service.
/// </summary>
internal sealed partial class CollectionWorker(
    IArtifactCatalog catalog, IArtifactFiles files, IGrainFactory grains, TimeProvider clock, ILogger<CollectionWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    /// <summary>Who collects, as events name it.</summary>
    public const string Actor = "system";

    private const int PageSize = 500;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(5);

    /// <summary>Takes each step whose time has come: artifacts first, so that their files are free.</summary>
    public async Task CollectAll(CancellationToken cancellationToken)
    {
        if (files.OffReason is not null)
        {
            return;
        }

        await Each(catalog.ListArtifacts, key => grains.GetGrain<IArtifactGrain>(key).Collect(), cancellationToken);
        await Each(catalog.ListFiles, key => grains.GetGrain<IUploadGrain>(key).Collect(), cancellationToken);
    }

    protected override Task Work(CancellationToken stoppingToken) => CollectAll(stoppingToken);

    private async Task Each(
        Func<string, int, CancellationToken, Task<ImmutableArray<CollectionCandidate>>> list, Func<string, Task> collect, CancellationToken cancellationToken)
    {
        var last = "";
        ImmutableArray<CollectionCandidate> page;
        do
        {
            page = await list(last, PageSize, cancellationToken);
            foreach (var candidate in page)
            {
                if (CollectionRules.Next(candidate.IsUsed, candidate.UnusedSince, candidate.MarkedAt, Clock.GetUtcNow()) != CollectionStep.None)
                {
                    WorkspaceScope.Enter(GrainKeys.Split(candidate.Key).Workspace);
                    await collect(candidate.Key);
                }

                last = candidate.Key;
            }
        }
        while (page.Length == PageSize && !cancellationToken.IsCancellationRequested);
    }

    [LoggerMessage(123, LogLevel.Warning, "Artifacts that are not needed can't be collected now")]
    protected override partial void LogFailure(Exception exception);
}
