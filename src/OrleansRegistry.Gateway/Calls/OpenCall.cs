namespace OrleansRegistry.Gateway;

/// <summary>
/// One call while it runs, from before it is known which version it goes to until its answer is sent. Disposing ends it.
/// </summary>
internal sealed class OpenCall(TrafficMeter meter) : IDisposable
{
    private volatile AdmittedCall? _admitted;
    private volatile bool _ended;

    /// <summary>Whether it went wrong: the model's server answered 5xx or couldn't be asked.</summary>
    public bool HasFailed { get; set; }

    /// <summary>The call once it goes to a version.</summary>
    public AdmittedCall? Admitted => _admitted;

    /// <summary>From now on it goes to this version, and counts as one of its calls unless it only asks about the model.</summary>
    public AdmittedCall Admit(RequestCaller caller, VersionId version, bool isCounted) =>
        _admitted = new AdmittedCall(caller, version, isCounted ? meter.Begin(caller.Workspace, version) : null, meter.Timestamp);

    /// <summary>Whether it is running, and goes to this version or may still turn out to.</summary>
    public bool MayReach(string workspace, VersionId version) =>
        !_ended && (_admitted is not { } admitted || (admitted.Version == version && admitted.Caller.Workspace == workspace));

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended = true;
        if (_admitted is { Counter: { } counter, Began: var began })
        {
            counter.End(HasFailed, meter.Elapsed(began));
        }

        meter.Forget(this);
        _admitted?.Dispose();
    }
}
