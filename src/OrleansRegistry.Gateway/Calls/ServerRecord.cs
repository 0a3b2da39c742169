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
    private int _answers;
    private ServerCall? _trial;

    /// <summary>How many calls run there.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether it is set aside, or was and has not answered since.</summary>
    public bool IsSuspect => _rest > TimeSpan.Zero;

    /// <summary>Whether a call goes elsewhere if it can.</summary>
    public bool IsSetAside(TimeSpan now) => IsSuspect && now < _restsUntil;

    /// <summary>Whether it says no more than no record would.</summary>
    public bool IsBlank => Calls == 0 && _failures == 0;

    /// <summary>Whether no call runs there, and it has not failed since an instant.</summary>
    public bool IsStale(TimeSpan since) => Calls == 0 && _lastFailure < since;

    /// <summary>
    /// A call begins. The first one after the server's rest is its trial; if that shows nothing for as long as the rest
    /// was, another one is.
    /// </summary>
    public ServerCall Begin(TimeSpan now)
    {
        Calls++;
        var call = new ServerCall(_answers);
        if (IsSuspect && !IsSetAside(now))
        {
            (_trial, _restsUntil) = (call, now + _rest);
        }

        return call;
    }

    /// <summary>The server has answered a call.</summary>
    public void Answered()
    {
        _answers++;
        (_failures, _rest, _trial) = (0, TimeSpan.Zero, null);
    }

    /// <summary>
    /// A call has failed. Those that began before the server answered last or was set aside, or that had no other
    /// choice, say nothing new.
    /// </summary>
    public void Failed(ServerCall call, TimeSpan now)
    {
        if (call.Answers != _answers)
        {
            return;
        }

        _lastFailure = now;
        _failures++;
        if (_trial == call || (!IsSuspect && _failures >= MaxFailures))
        {
            _rest = IsSuspect ? TimeSpan.FromTicks(Math.Min(2 * _rest.Ticks, MaxRest.Ticks)) : FirstRest;
            (_restsUntil, _trial) = (now + _rest, null);
        }
    }

    /// <summary>A call is over. A trial that has shown nothing leaves the next one to another call.</summary>
    public void End(ServerCall call)
    {
        Calls--;
        if (_trial == call)
        {
            (_trial, _restsUntil) = (null, TimeSpan.Zero);
        }
    }
}

/// <summary>A call at a server.</summary>
/// <param name="answers">How many answers the server had given when it began.</param>
internal sealed class ServerCall(int answers)
{
    /// <summary>How many answers the server had given when it began.</summary>
    public int Answers => answers;
}
