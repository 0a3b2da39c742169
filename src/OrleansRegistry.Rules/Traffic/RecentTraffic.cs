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

    /// <summary>Takes a report; one that an earlier one overtook is dropped. Of a series that is new here, <paramref name="counted"/> calls were
    /// known before.</summary>
    public void Add(TrafficReport report, long counted, DateTimeOffset now)
    {
        var known = _latest.TryGetValue(report.Series, out var latest) ? latest.Report : null;
        if (known is not null && (report.Calls < known.Calls || Ended(report) < Ended(known)))
        {
            return;
        }

        var added = report.Calls - (known?.Calls ?? counted);
        _latest[report.Series] = (report, now);
        if (added > 0)
        {
            _steps.Enqueue((now, added));
        }

        Forget(now);
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
