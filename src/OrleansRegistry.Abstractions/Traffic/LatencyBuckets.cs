using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>
/// Fixed classes of durations, so that counts of several gateways and minutes can be added up: below one millisecond,
/// then two for every doubling, and the last for a quarter of an hour and all that is longer. A percentile that is told
/// from them is at most a fifth off.
/// </summary>
internal static class LatencyBuckets
{
    /// <summary>How many there are.</summary>
    public const int Count = 41;

    private const double PerDoubling = 2;

    /// <summary>The bucket of a duration.</summary>
    public static int Of(TimeSpan duration) => duration.TotalMilliseconds < 1
        ? 0
        : Math.Min((int)(Math.Log2(duration.TotalMilliseconds) * PerDoubling) + 1, Count - 1);

    /// <summary>
    /// The duration in milliseconds that a share of those counted did not exceed, or null when none is counted.
    /// </summary>
    /// <param name="counts">How many there are in each bucket; the last ones may be left out.</param>
    /// <param name="share">From 0 to 1: 0.95 for the 95th percentile.</param>
    public static double? Percentile(ImmutableArray<long> counts, double share)
    {
        var rank = share * counts.Sum();
        var below = 0L;
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            if (counts[bucket] > 0 && below + counts[bucket] >= rank)
            {
                var part = (rank - below) / counts[bucket];
                var value = bucket == 0 ? part : Math.Pow(2, (bucket - 1 + part) / PerDoubling);
                return Math.Round(value, 3);
            }

            below += counts[bucket];
        }

        return null;
    }

    /// <summary>Counts of the same buckets, added up.</summary>
    public static ImmutableArray<long> Add(ImmutableArray<long> some, ImmutableArray<long> others) =>
        Combine(some, others, (a, b) => a + b);

    /// <summary>What counts have more than earlier ones.</summary>
    public static ImmutableArray<long> Since(ImmutableArray<long> counts, ImmutableArray<long> earlier) =>
        Combine(counts, earlier, (now, before) => Math.Max(now - before, 0));

    private static ImmutableArray<long> Combine(
        ImmutableArray<long> some, ImmutableArray<long> others, Func<long, long, long> combine)
    {
        var combined = new long[Math.Min(Math.Max(Length(some), Length(others)), Count)];
        for (var bucket = 0; bucket < combined.Length; bucket++)
        {
            combined[bucket] = combine(At(some, bucket), At(others, bucket));
        }

        return [.. combined];
    }

    private static int Length(ImmutableArray<long> counts) => counts.IsDefault ? 0 : counts.Length;

    private static long At(ImmutableArray<long> counts, int bucket) => bucket < Length(counts) ? counts[bucket] : 0;
}
