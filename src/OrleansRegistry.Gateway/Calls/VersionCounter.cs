namespace OrleansRegistry.Gateway;

/// <summary>What this gateway has counted of one version since it first called it.</summary>
internal sealed class VersionCounter(string workspace, VersionId version)
{
    private readonly Lock _lock = new();
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
    public void End(bool hasFailed)
    {
        lock (_lock)
        {
            _inFlight--;
            _errors += hasFailed ? 1 : 0;
        }
    }

    /// <summary>What there is to report, or null when that was reported before and no call runs.</summary>
    public TrafficReport? Unreported()
    {
        lock (_lock)
        {
            var report = new TrafficReport
            {
                Series = Series,
                Calls = _calls,
                Errors = _errors,
                InFlight = _inFlight,
                LastCallAt = _lastCallAt,
            };
            return report == _reported && _inFlight == 0 ? null : report;
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
