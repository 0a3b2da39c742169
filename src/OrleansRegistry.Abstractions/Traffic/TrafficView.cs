using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>Whether a version is in use.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.TrafficView")]
public sealed record TrafficView
{
    /// <summary>The number of calls that were admitted to it.</summary>
    [Id(0)]
    public long Calls { get; init; }

    /// <summary>The number of calls that failed: the model's server answered 5xx, or could not be asked.</summary>
    [Id(1)]
    public long Errors { get; init; }

    /// <summary>The instant at which the last one was admitted, or null when there was none.</summary>
    [Id(2)]
    public DateTimeOffset? LastCallAt { get; init; }

    /// <summary>The number of calls that were admitted in the last minute.</summary>
    [Id(3)]
    public long LastMinute { get; init; }

    /// <summary>The number of in-flight calls.</summary>
    [Id(4)]
    public int InFlight { get; init; }

    /// <summary>The last 60 minutes, oldest first. Minutes without traffic are left out.</summary>
    [Id(5)]
    public ImmutableArray<TrafficSlotView> Minutes { get; init; } = [];

    /// <summary>The last 168 hours, oldest first. Hours without traffic are left out.</summary>
    [Id(6)]
    public ImmutableArray<TrafficSlotView> Hours { get; init; } = [];
}

/// <summary>The traffic of one minute or hour.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.TrafficSlotView")]
public sealed record TrafficSlotView
{
    /// <summary>The instant at which the minute or hour begins.</summary>
    [Id(0)]
    public DateTimeOffset At { get; init; }

    /// <summary>The number of calls that were admitted in it.</summary>
    [Id(1)]
    public long Calls { get; init; }

    /// <summary>The number of calls that failed in it.</summary>
    [Id(2)]
    public long Errors { get; init; }

    /// <summary>
    /// The median time in milliseconds from admission to the end of the answer, of the calls that ended in it; null
    /// when none did. It is told from fixed classes of durations, and at most a fifth off.
    /// </summary>
    [Id(3)]
    public double? P50 { get; init; }

    /// <summary>The 95th percentile of the same.</summary>
    [Id(4)]
    public double? P95 { get; init; }
}
