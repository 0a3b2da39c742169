using CsCheck;

namespace OrleansRegistry.Traffic;

/// <summary>The traffic of each of the last minutes and hours: every call once, in bounded memory.</summary>
public sealed class TrafficHistoryTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Calls_of_a_minute_add_up_and_the_next_minute_begins_anew()
    {
        var history = TrafficHistory.None
            .With(Delta(2, 1, 5), Noon)
            .With(Delta(3, 0, 5), Noon.AddSeconds(59))
            .With(Delta(1, 0, 7), Noon.AddSeconds(60));

        Assert.Equal([(Noon, 5L, 1L), (Noon.AddMinutes(1), 1L, 0L)], history.Minutes.Select(slot => (slot.At, slot.Calls, slot.Errors)));
        Assert.Equal([(Noon, 6L, 1L)], history.Hours.Select(slot => (slot.At, slot.Calls, slot.Errors)));
    }

    [Fact]
    public void Sixty_minutes_and_seven_days_are_kept_however_long_it_goes_on()
    {
        var history = TrafficHistory.None;
        for (var minute = 0; minute < 10 * 24 * 60; minute++)
        {
            history = history.With(Delta(1, 0, minute % LatencyBuckets.Count), Noon.AddMinutes(minute));
        }

        Assert.Equal((60, 168), (history.Minutes.Length, history.Hours.Length));
        Assert.Equal(60, history.Minutes.Sum(slot => slot.Calls));
        Assert.Equal(Noon.AddMinutes((10 * 24 * 60) - 60), history.Minutes[0].At);
        Assert.All(history.Hours, slot => Assert.InRange(slot.Latencies.Length, 1, LatencyBuckets.Count));
        Assert.Empty(history.Until(Noon.AddDays(10).AddHours(1)).Minutes);
        Assert.Empty(history.Until(Noon.AddDays(17).AddHours(1)).Hours);
    }

    [Fact]
    public void A_clock_that_was_set_back_leaves_the_slots_in_order() =>
        Assert.Equal(
            [Noon],
            TrafficHistory.None.With(Delta(1, 0, 0), Noon).With(Delta(1, 0, 0), Noon.AddMinutes(-3)).Minutes.Select(slot => slot.At));

    [Fact]
    public void A_percentile_is_at_most_a_fifth_off() => Gen.Double[1, 900_000].Array[1, 200].Sample(durations =>
    {
        var counts = new long[LatencyBuckets.Count];
        foreach (var duration in durations)
        {
            counts[LatencyBuckets.Of(TimeSpan.FromMilliseconds(duration))]++;
        }

        Array.Sort(durations);
        foreach (var share in (double[])[0.5, 0.95])
        {
            var exact = durations[Math.Max((int)Math.Ceiling(share * durations.Length) - 1, 0)];
            var told = LatencyBuckets.Percentile([.. counts], share)!.Value;
            Assert.InRange(told, exact / 1.42, exact * 1.42);
        }
    });

    [Fact]
    public void Nothing_has_no_percentile() => Assert.Null(LatencyBuckets.Percentile([], 0.5));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.99, 0)]
    [InlineData(1, 1)]
    [InlineData(1.5, 2)]
    [InlineData(2, 3)]
    [InlineData(1e9, 40)]
    public void Buckets_are_two_for_every_doubling(double milliseconds, int bucket) =>
        Assert.Equal(bucket, LatencyBuckets.Of(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void A_report_brings_what_the_one_before_had_not_and_of_a_series_that_is_stored_the_rest()
    {
        var recent = new RecentTraffic();
        var series = new TrafficSeries { Id = Guid.NewGuid(), Calls = 4, Errors = 1, Latencies = [3, 1] };
        var report = new TrafficReport { Series = series.Id, Calls = 6, Errors = 1, Latencies = [4, 1, 1] };

        var first = recent.Add(report, series, Noon);
        Assert.Equal((2L, 0L), (first.Calls, first.Errors));
        Assert.Equal([1L, 0, 1], first.Latencies);
        Assert.True(recent.Add(report, series, Noon).IsEmpty);
        Assert.Equal([0L, 0, 0, 2], recent.Add(report with { Calls = 8, Latencies = [4, 1, 1, 2] }, series, Noon).Latencies);
    }

    private static TrafficDelta Delta(long calls, long errors, int bucket) =>
        new(calls, errors, [.. Enumerable.Range(0, bucket + 1).Select(place => place == bucket ? calls : 0L)]);
}
