using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>What this gateway has counted of one version since it first called it.</summary>
internal sealed class VersionCounter(string workspace, VersionId version)
{
    private readonly Lock _lock = new();
    private readonly long[] _latencies = new long[LatencyBuckets.Count];
    private int _usedBuckets;
    private long _calls;
    private long _errors;
    private int _inFlight;
    private DateTimeOffset _lastCallAt;
    private TrafficReport? _reported;
    private bool _isRetired;

    /// <summary>The version's workspace.</summary>
    public string Workspace { get; } = workspace;

    /// <summary>The version.</summary>
    public VersionId Version { get; } = version;

    private Guid Series { get; } = Guid.NewGuid();

    /// <summary>A call begins. False when the counter was retired: take a new one.</summary>
    public bool TryBegin(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return false;
            }

            _calls++;
            _inFlight++;
            _lastCallAt = now;
            return true;
        }
    }

    /// <summary>A call ends.</summary>
    public void End(bool hasFailed, TimeSpan duration)
    {
        var bucket = LatencyBuckets.Of(duration);
        lock (_lock)
        {
            _inFlight--;
            _errors += hasFailed ? 1 : 0;
            _latencies[bucket]++;
            _usedBuckets = Math.Max(_usedBuckets, bucket + 1);
        }
    }

    /// <summary>What there is to report, or null when that was reported before and no call runs.</summary>
    public TrafficReport? Unreported()
    {
        lock (_lock)
        {
            // With no call running, all that begun has ended, and an equal number of calls is the same report.
            if (_inFlight == 0 && _reported is { InFlight: 0 } last && last.Calls == _calls)
            {
                return null;
            }

            return new TrafficReport
            {
                Series = Series,
                Calls = _calls,
                Errors = _errors,
                InFlight = _inFlight,
                LastCallAt = _lastCallAt,
                Latencies = ImmutableArray.Create(_latencies, 0, _usedBuckets),
            };
        }
    }

    /// <summary>A report has arrived.</summary>
    public void Reported(TrafficReport report)
    {
        lock (_lock)
        {
            _reported = report;
        }
    }

    /// <summary>Retires the counter if all of it is reported and it was last used before an instant.</summary>
    public bool TryRetire(DateTimeOffset before)
    {
        lock (_lock)
        {
            _isRetired = _inFlight == 0 && _lastCallAt < before && _reported is { } last && last.Calls == _calls && last.Errors == _errors
                && last.InFlight == 0;
            return _isRetired;
        }
    }
}
