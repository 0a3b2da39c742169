using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// Adds up the traffic of one version over all gateways. Key: <see cref="GrainKeys.Traffic"/>. Totals are in memory and
/// written about once a minute: a crash may lose what was counted since, but nothing is counted twice.
/// </summary>
[Alias("OrleansRegistry.IVersionTrafficGrain")]
internal interface IVersionTrafficGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// Takes what a gateway has counted so far. A report may be repeated, and one that was lost is made up for by the
    /// next.
    /// </summary>
    [Alias("Report")]
    Task Report(TrafficReport report);

    /// <summary>The traffic so far.</summary>
    [Alias("Read")]
    Task<TrafficView> Read();
}
