using CsCheck;

namespace OrleansRegistry.Traffic;

/// <summary>Reports are totals: however they are repeated, lost or written in between, every call counts once.</summary>
public sealed class TrafficStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Guid A = new("018f0000-0000-7000-8000-00000000000a");
    private static readonly Guid B = new("018f0000-0000-7000-8000-00000000000b");

    [Fact]
    public void Reports_of_several_gateways_add_up()
    {
        var state = TrafficState.None.With([Report(A, 10, 1), Report(B, 5, 2)], Noon);

        Assert.Equal((15, 3, Noon), (state.Calls, state.Errors, state.LastCallAt));
    }

    [Fact]
    public void A_report_that_is_repeated_or_late_counts_nothing_twice()
    {
        var state = TrafficState.None.With([Report(A, 10, 1)], Noon).With([Report(A, 10, 1)], Noon).With([Report(A, 4, 0)], Noon).With([Report(A, 12, 1)], Noon);

        Assert.Equal((12, 1), (state.Calls, state.Errors));
    }

    [Fact]
    public void A_series_is_forgotten_an_hour_after_its_last_report_and_its_calls_are_kept()
    {
        var state = TrafficState.None.With([Report(A, 10, 1)], Noon).With([Report(B, 1, 0)], Noon + TimeSpan.FromMinutes(30));

        Assert.Equal([A, B], state.Series.Select(series => series.Id));
        var later = state.With([], Noon + TrafficState.KeepSeries);
        Assert.Equal([B], later.Series.Select(series => series.Id));
        Assert.Equal(11, later.Calls);
    }

    [Fact]
    public void The_last_call_is_the_latest_of_all_series()
    {
        var state = TrafficState.None.With([Report(A, 1, 0, Noon), Report(B, 1, 0, Noon.AddHours(-1))], Noon);

        Assert.Equal(Noon, state.LastCallAt);
        Assert.Null(TrafficState.None.With([], Noon).LastCallAt);
    }

    [Fact]
    public void However_reports_are_folded_the_sum_is_the_highest_of_each_series() => Gen
        .Select(Gen.Int[0, 2], Gen.Int[0, 50]).Array[1, 30]
        .Sample(steps =>
        {
            var state = TrafficState.None;
            foreach ((var series, var total) in steps)
            {
                state = state.With([Report(Series(series), total, total / 2)], Noon);
            }

            Assert.Equal(steps.GroupBy(step => step.Item1).Sum(group => group.Max(step => (long)step.Item2)), state.Calls);
            Assert.Equal(steps.GroupBy(step => step.Item1).Sum(group => group.Max(step => (long)step.Item2 / 2)), state.Errors);
        });

    [Fact]
    public void The_last_minute_is_what_was_added_in_the_last_minute()
    {
        var recent = new RecentTraffic();
        recent.Add(Report(A, 10, 0), Counted(7), Noon);
        recent.Add(Report(A, 12, 0), Counted(7), Noon.AddSeconds(30));
        recent.Add(Report(A, 12, 0), Counted(7), Noon.AddSeconds(31));
        recent.Add(Report(B, 4, 0), counted: null, Noon.AddSeconds(59));

        Assert.Equal(9, recent.LastMinute(Noon.AddSeconds(59)));
        Assert.Equal(6, recent.LastMinute(Noon.AddSeconds(60)));
        Assert.Equal(0, recent.LastMinute(Noon.AddSeconds(119)));
    }

    [Fact]
    public void A_report_that_was_overtaken_is_dropped()
    {
        var recent = new RecentTraffic();
        recent.Add(Report(A, 5, 0, inFlight: 0), counted: null, Noon);
        recent.Add(Report(A, 5, 0, inFlight: 2), counted: null, Noon);
        recent.Add(Report(A, 4, 0, inFlight: 1), counted: null, Noon);

        Assert.Equal(0, recent.InFlight(Noon));
        Assert.Equal(5, recent.LastMinute(Noon));
    }

    [Fact]
    public void Calls_of_a_gateway_that_is_silent_are_no_longer_in_flight()
    {
        var recent = new RecentTraffic();
        recent.Add(Report(A, 5, 0, inFlight: 2), counted: null, Noon);
        recent.Add(Report(B, 5, 0, inFlight: 1), counted: null, Noon.AddSeconds(9));

        Assert.Equal(3, recent.InFlight(Noon.AddSeconds(9)));
        Assert.Equal(1, recent.InFlight(Noon.AddSeconds(10)));
    }

    private static TrafficSeries Counted(long calls) => new() { Id = A, Calls = calls };

    private static Guid Series(int number) => new($"018f0000-0000-7000-8000-00000000000{number}");

    private static TrafficReport Report(Guid series, long calls, long errors, DateTimeOffset? at = null, int inFlight = 0) =>
        new() { Series = series, Calls = calls, Errors = errors, InFlight = inFlight, LastCallAt = at ?? Noon };
}
