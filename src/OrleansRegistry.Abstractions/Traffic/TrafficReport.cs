using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>What one gateway has counted of one version: totals since its counter was made, not differences.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.TrafficReport")]
internal sealed record TrafficReport
{
    /// <summary>Which counter this is. A gateway that restarts begins a new one.</summary>
    [Id(0)]
    public required Guid Series { get; init; }

    /// <summary>How many calls were admitted.</summary>
    [Id(1)]
    public long Calls { get; init; }

    /// <summary>How many of them went wrong.</summary>
    [Id(2)]
    public long Errors { get; init; }

    /// <summary>How many of them run now.</summary>
    [Id(3)]
    public int InFlight { get; init; }

    /// <summary>When the last one was admitted.</summary>
    [Id(4)]
    public DateTimeOffset LastCallAt { get; init; }

    /// <summary>
    /// How many of them ended in each of the <see cref="LatencyBuckets"/>; the last ones may be left out.
    /// </summary>
    [Id(5)]
    public ImmutableArray<long> Latencies { get; init; } = [];
}
