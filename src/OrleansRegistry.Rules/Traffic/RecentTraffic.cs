namespace OrleansRegistry.Traffic;

/// <summary>The reports of the last while, as they came: what runs now, and what came in the last minute.</summary>
internal sealed class RecentTraffic
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>A gateway with a call running reports every second; one that doesn't any more is gone, and its calls with it.</summary>
    private static readonly TimeSpan BelieveInFlight = TimeSpan.FromSeconds(10);

    private readonly Dictionary<Guid, (TrafficReport Report, DateTimeOffset At)> _latest = [];
    private readonly Queue<(DateTimeOffset At, long Calls)> _steps = [];

    /// <summary>The latest report of each series.</summary>
    public IEnumerable<TrafficReport> Latest => _latest.Values.Select(latest => latest.Report);

    /// <summary>
    /// Takes a report; one that an earlier one overtook is dropped. Answers what it brings that was not known. Of a
    /// series that is new here <paramref name="counted"/> was known before.
    /// </summary>
    public TrafficDelta Add(TrafficReport report, TrafficSeries? counted, DateTimeOffset now)
    {
        var known = _latest.TryGetValue(report.Series, out var latest) ? latest.Report : null;
        if (known is not null && (report.Calls < known.Calls || Ended(report) < Ended(known)))
        {
            return TrafficDelta.None;
        }

        var delta = new TrafficDelta(
            Math.Max(report.Calls - (known?.Calls ?? counted?.Calls ?? 0), 0),
            Math.Max(report.Errors - (known?.Errors ?? counted?.Errors ?? 0), 0),
            LatencyBuckets.Since(report.Latencies, known?.Latencies ?? counted?.Latencies ?? []));
        _latest[report.Series] = (report, now);
        if (delta.Calls > 0)
        {
            _steps.Enqueue((now, delta.Calls));
        }

        Forget(now);
        return delta;
    }

    /// <summary>How many calls came in the last minute.</summary>
    public long LastMinute(DateTimeOffset now)
    {
        Forget(now);
        return _steps.Sum(step => step.Calls);
    }

    /// <summary>How many calls run.</summary>
    public int InFlight(DateTimeOffset now) =>
        _latest.Values.Where(latest => now - latest.At < BelieveInFlight).Sum(latest => latest.Report.InFlight);

    private void Forget(DateTimeOffset now)
    {
        while (_steps.TryPeek(out var step) && now - step.At >= Window)
        {
            _steps.Dequeue();
        }

        foreach ((var series, var latest) in _latest)
        {
            if (now - latest.At >= TrafficState.KeepSeries)
            {
                _latest.Remove(series);
            }
        }
    }

    private static long Ended(TrafficReport report) => report.Calls - report.InFlight;
}
