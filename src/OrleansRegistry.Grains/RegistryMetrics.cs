using System.Diagnostics.Metrics;

namespace OrleansRegistry;

/// <summary>The counters of a silo: how commands are stored, how starts end, and how versions are.</summary>
public sealed class RegistryMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansRegistry";

    private readonly Meter _meter;
    private readonly Histogram<double> _commits;
    private readonly Counter<long> _doubts;
    private readonly Counter<long> _starts;
    private readonly Counter<long> _marks;

    /// <summary>Makes the instruments.</summary>
    public RegistryMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _commits = _meter.CreateHistogram<double>(
            "orleans_registry.commit.duration",
            "s",
            "How long the one write of a command took, when it was stored.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });
        _doubts = _meter.CreateCounter<long>(
            "orleans_registry.commit.doubts", "{command}", "Commands whose write failed, so that their row had to say whether they are stored.");
        _starts = _meter.CreateCounter<long>(
            "orleans_registry.serving.starts", "{start}", "Starts of versions that came to an end, by result.");
        _marks = _meter.CreateCounter<long>(
            "orleans_registry.health.marks", "{mark}", "Versions that became unhealthy, or healthy again.");
        // From the beginning: whoever looks at how much one has grown doesn't see the first count otherwise.
        _doubts.Add(0);
        _starts.Add(0, Result(isReady: true));
        _starts.Add(0, Result(isReady: false));
        _marks.Add(0, Mark(isHealthy: true));
        _marks.Add(0, Mark(isHealthy: false));
    }

    /// <summary>A command is stored.</summary>
    internal void Committed(TimeSpan duration) => _commits.Record(duration.TotalSeconds);

    /// <summary>A command's write failed.</summary>
    internal void InDoubt() => _doubts.Add(1);

    /// <summary>A start came to an end.</summary>
    internal void Started(bool isReady) => _starts.Add(1, Result(isReady));

    /// <summary>A version became unhealthy, or healthy again.</summary>
    internal void Marked(bool isHealthy) => _marks.Add(1, Mark(isHealthy));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Mark(bool isHealthy) => new("mark", isHealthy ? "healthy" : "unhealthy");

    private static KeyValuePair<string, object?> Result(bool isReady) => new("result", isReady ? "ready" : "failed");
}
