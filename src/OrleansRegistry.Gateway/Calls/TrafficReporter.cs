namespace OrleansRegistry.Gateway;

/// <summary>
/// Brings what the gateway counted to the versions' grains. Totals are reported, not differences: the next report makes
/// up for one that is lost.
/// </summary>
internal sealed class TrafficReporter(TrafficMeter meter, IGrainFactory grains)
{
    private const int AtOnce = 16;

    /// <summary>The traffic of a version, with all that this gateway has counted.</summary>
    public async Task<TrafficView> Read(string workspace, VersionId version)
    {
        if (meter.Find(workspace, version) is { } counter)
        {
            await Report(counter);
        }

        return await Grain(workspace, version).Read();
    }

    /// <summary>Reports all that was counted since the last report.</summary>
    public Task ReportAll() => Parallel.ForEachAsync(
        meter.Counters, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (counter, _) => await Report(counter));

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
}
