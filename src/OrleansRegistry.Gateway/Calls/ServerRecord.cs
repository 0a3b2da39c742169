namespace OrleansRegistry.Gateway;

/// <summary>
/// What this gateway knows of one server of a version: how many of its calls run there, and whether it is set aside
/// (rule SV5). Instants are times since any fixed one. Not safe for threads.
/// </summary>
internal sealed class ServerRecord
{
    private const int MaxFailures = 3;

    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(60);

    private TimeSpan _lastFailure;
    private TimeSpan _rest;
    private TimeSpan _restsUntil;
    private int _failures;
    private object? _trial;

    /// <summary>How many calls run there.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether it is set aside, or was and has not answered since.</summary>
    public bool IsSuspect => _rest > TimeSpan.Zero;

    /// <summary>Whether a call goes elsewhere if it can.</summary>
    public bool IsSetAside(TimeSpan now) => IsSuspect && (_trial is not null || now < _restsUntil);

    /// <summary>Whether it says no more than no record would.</summary>
    public bool IsBlank => Calls == 0 && _failures == 0;

    /// <summary>Whether no call runs there, and it has not failed since an instant.</summary>
    public bool IsStale(TimeSpan since) => Calls == 0 && _lastFailure < since;

    /// <summary>An attempt begins. The first one after the server's rest is its trial.</summary>
    public void Begin(object attempt, TimeSpan now)
    {
        Calls++;
        if (IsSuspect && !IsSetAside(now))
        {
            _trial = attempt;
        }
    }

    /// <summary>The server has answered an attempt.</summary>
    public void Answered() => (_failures, _rest, _trial) = (0, TimeSpan.Zero, null);

    /// <summary>
    /// An attempt has failed. Those that began before the server was set aside, or that had no other choice, say
    /// nothing new.
    /// </summary>
    public void Failed(object attempt, TimeSpan now)
    {
        _lastFailure = now;
        _failures++;
        if (_trial == attempt || (!IsSuspect && _failures >= MaxFailures))
        {
            _rest = IsSuspect ? TimeSpan.FromTicks(Math.Min(2 * _rest.Ticks, MaxRest.Ticks)) : FirstRest;
            (_restsUntil, _trial) = (now + _rest, null);
        }
    }

    /// <summary>An attempt is over. A trial that has shown nothing leaves the next one to another attempt.</summary>
    public void End(object attempt)
    {
        Calls--;
        _trial = _trial == attempt ? null : _trial;
    }
}
