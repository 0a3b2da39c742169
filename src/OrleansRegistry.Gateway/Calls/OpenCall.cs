namespace OrleansRegistry.Gateway;

/// <summary>
/// One call while it runs, from before it is known which version it goes to until its answer is sent. Disposing ends it.
/// </summary>
internal sealed class OpenCall(TrafficMeter meter) : IDisposable
{
    private volatile Target? _target;
    private volatile bool _ended;

    /// <summary>Whether it went wrong: the model's server answered 5xx or couldn't be asked.</summary>
    public bool HasFailed { get; set; }

    /// <summary>From now on it goes to this version, and counts as one of its calls unless it only asks about the model.</summary>
    public void Admit(string workspace, VersionId version, bool isCounted) =>
        _target = new Target(workspace, version, isCounted ? meter.Begin(workspace, version) : null, meter.Timestamp);

    /// <summary>Whether it is running, and goes to this version or may still turn out to.</summary>
    public bool MayReach(string workspace, VersionId version) =>
        !_ended && (_target is not { } target || (target.Version == version && target.Workspace == workspace));

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended = true;
        if (_target is { Counter: { } counter, Began: var began })
        {
            counter.End(HasFailed, meter.Elapsed(began));
        }

        meter.Forget(this);
    }

    private sealed record Target(string Workspace, VersionId Version, VersionCounter? Counter, long Began);
}
