using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Traffic;

/// <summary>The stored traffic of one version.</summary>
internal sealed record TrafficState
{
    /// <summary>The traffic of a version that was never called.</summary>
    public static readonly TrafficState None = new() { Calls = 0, Errors = 0 };

    /// <summary>
    /// How long after its last report a series is kept: longer than a gateway keeps a counter that isn't used.
    /// </summary>
    public static readonly TimeSpan KeepSeries = TimeSpan.FromHours(1);

    /// <summary>How many calls were admitted, in all series.</summary>
    public required long Calls { get; init; }

    /// <summary>How many of them went wrong.</summary>
    public required long Errors { get; init; }

    /// <summary>When the last one was admitted, or null when there was none.</summary>
    public DateTimeOffset? LastCallAt { get; init; }

    /// <summary>What the totals contain of each series that may still be reported.</summary>
    public ImmutableArray<TrafficSeries> Series { get; init; } = [];

    /// <summary>
    /// What happened in each of the last minutes and hours; rows of earlier builds say nothing of it.
    /// </summary>
    [AllowNull]
    public TrafficHistory History
    {
        get => field ?? TrafficHistory.None;
        init;
    }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>The state with what has been reported since, at this instant.</summary>
    public TrafficState With(IEnumerable<TrafficReport> reports, DateTimeOffset now)
    {
        var calls = Calls;
        var errors = Errors;
        var last = LastCallAt;
        var series = Series.ToDictionary(known => known.Id);
        foreach (var report in reports)
        {
            var known = series.GetValueOrDefault(report.Series);
            calls += Math.Max(report.Calls - (known?.Calls ?? 0), 0);
            errors += Math.Max(report.Errors - (known?.Errors ?? 0), 0);
            last = last > report.LastCallAt ? last : report.LastCallAt;
            series[report.Series] = (known ?? new TrafficSeries { Id = report.Series }) with
            {
                Calls = Math.Max(report.Calls, known?.Calls ?? 0),
                Errors = Math.Max(report.Errors, known?.Errors ?? 0),
                Latencies = report.Latencies.IsDefaultOrEmpty ? known?.Latencies ?? [] : report.Latencies,
                ReportedAt = now,
            };
        }

        return this with
        {
            Calls = calls,
            Errors = errors,
            LastCallAt = last,
            Series = [.. series.Values.Where(known => now - known.ReportedAt < KeepSeries).OrderBy(known => known.Id)],
        };
    }
}

/// <summary>What the totals contain of one series of reports.</summary>
internal sealed record TrafficSeries
{
    /// <summary>Which series.</summary>
    public required Guid Id { get; init; }

    /// <summary>How many of its calls.</summary>
    public long Calls { get; init; }

    /// <summary>How many of its errors.</summary>
    public long Errors { get; init; }

    /// <summary>
    /// How many of its calls ended in each of the <see cref="LatencyBuckets"/>; rows of earlier builds say nothing of
    /// it.
    /// </summary>
    public ImmutableArray<long> Latencies
    {
        get => field.IsDefault ? [] : field;
        init;
    }

    /// <summary>When it was last reported.</summary>
    public DateTimeOffset ReportedAt { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
