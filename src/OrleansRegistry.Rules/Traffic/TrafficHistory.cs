using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Traffic;

/// <summary>
/// The traffic of the last 60 minutes and of the last 168 hours. Its size is bounded, whatever the traffic is.
/// </summary>
internal sealed record TrafficHistory
{
    /// <summary>The history of a version that was never called.</summary>
    public static readonly TrafficHistory None = new();

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeepMinutes = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan KeepHours = TimeSpan.FromDays(7);

    /// <summary>Minutes with traffic, oldest first.</summary>
    public ImmutableArray<TrafficSlot> Minutes
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>Hours with traffic, oldest first.</summary>
    public ImmutableArray<TrafficSlot> Hours
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>The history with what happened just now, and without what is too old.</summary>
    public TrafficHistory With(TrafficDelta delta, DateTimeOffset now) => delta.IsEmpty ? Until(now) : this with
    {
        Minutes = Recent(Add(Minutes, delta, now, Minute), now, Minute, KeepMinutes),
        Hours = Recent(Add(Hours, delta, now, Hour), now, Hour, KeepHours),
    };

    /// <summary>The history without what is too old.</summary>
    public TrafficHistory Until(DateTimeOffset now) => this with
    {
        Minutes = Recent(Minutes, now, Minute, KeepMinutes),
        Hours = Recent(Hours, now, Hour, KeepHours),
    };

    private static ImmutableArray<TrafficSlot> Add(
        ImmutableArray<TrafficSlot> slots, TrafficDelta delta, DateTimeOffset now, TimeSpan length)
    {
        // A clock that was set back adds to the last slot: slots stay in order.
        var at = Begin(now, length);
        var last = slots.IsEmpty || slots[^1].At < at ? new TrafficSlot { At = at } : slots[^1];
        var next = last with
        {
            Calls = last.Calls + delta.Calls,
            Errors = last.Errors + delta.Errors,
            Latencies = LatencyBuckets.Add(last.Latencies, delta.Latencies),
        };
        return slots.IsEmpty || slots[^1].At < at ? slots.Add(next) : slots.SetItem(slots.Length - 1, next);
    }

    /// <summary>The slots that lie within a time which ends with the one that runs.</summary>
    private static ImmutableArray<TrafficSlot> Recent(
        ImmutableArray<TrafficSlot> slots, DateTimeOffset now, TimeSpan length, TimeSpan keep)
    {
        var oldest = Begin(now, length) + length - keep;
        return slots.IsEmpty || slots[0].At >= oldest ? slots : slots.RemoveAll(slot => slot.At < oldest);
    }

    private static DateTimeOffset Begin(DateTimeOffset now, TimeSpan length) =>
        new(now.UtcTicks - (now.UtcTicks % length.Ticks), TimeSpan.Zero);
}

/// <summary>The traffic of one minute or hour.</summary>
internal sealed record TrafficSlot
{
    /// <summary>When it begins.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many calls were admitted in it.</summary>
    public long Calls { get; init; }

    /// <summary>How many calls went wrong in it.</summary>
    public long Errors { get; init; }

    /// <summary>How many calls ended in each of the <see cref="LatencyBuckets"/>.</summary>
    public ImmutableArray<long> Latencies
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>The slot as callers see it.</summary>
    public TrafficSlotView ToView() => new()
    {
        At = At,
        Calls = Calls,
        Errors = Errors,
        P50 = LatencyBuckets.Percentile(Latencies, 0.5),
        P95 = LatencyBuckets.Percentile(Latencies, 0.95),
    };
}

/// <summary>What a report has more than the one before.</summary>
/// <param name="Calls">Calls that were admitted.</param>
/// <param name="Errors">Calls that went wrong.</param>
/// <param name="Latencies">Calls that ended, by <see cref="LatencyBuckets"/>.</param>
internal sealed record TrafficDelta(long Calls, long Errors, ImmutableArray<long> Latencies)
{
    /// <summary>Nothing.</summary>
    public static readonly TrafficDelta None = new(0, 0, []);

    /// <summary>Whether nothing happened.</summary>
    public bool IsEmpty => Calls == 0 && Errors == 0 && Latencies.All(count => count == 0);
}
