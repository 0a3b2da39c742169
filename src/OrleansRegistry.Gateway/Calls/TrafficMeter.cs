using System.Collections.Concurrent;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Counts the calls that pass through this gateway. What runs now is known exactly; totals are brought to the versions'
/// <see cref="IVersionTrafficGrain"/> by the <see cref="TrafficReporter"/>.
/// </summary>
internal sealed class TrafficMeter(TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<OpenCall, bool> _open = new();
    private readonly ConcurrentDictionary<(string Workspace, VersionId Version), VersionCounter> _counters = new();

    /// <summary>Now, as <see cref="Elapsed"/> takes it.</summary>
    internal long Timestamp => clock.GetTimestamp();

    /// <summary>All counters there are now.</summary>
    internal IEnumerable<VersionCounter> Counters => _counters.Values;

    /// <summary>
    /// Waits until the calls that may still reach a version have ended: those it was admitted to before, and those that were being
    /// resolved. To be called after the command that stopped the version was answered, so that no more come. Answers which ones
    /// were left when the time was up.
    /// </summary>
    public async Task<IReadOnlyList<OpenCall>> Drain(string workspace, VersionId version, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        var open = _open.Keys.ToList();
        while (true)
        {
            open.RemoveAll(call => !call.MayReach(workspace, version));
            if (open.Count == 0 || clock.GetElapsedTime(begun) >= timeout)
            {
                return open;
            }

            await Task.Delay(PollInterval, clock, cancellationToken);
        }
    }

    /// <summary>The time since a <see cref="Timestamp"/>.</summary>
    internal TimeSpan Elapsed(long since) => clock.GetElapsedTime(since);

    /// <summary>A call arrives.</summary>
    internal OpenCall Open()
    {
        var call = new OpenCall(this);
        _open[call] = true;
        return call;
    }

    /// <summary>The calls that were let through to a version at least so long ago.</summary>
    internal List<AdmittedCall> OpenFor(TimeSpan time) =>
        [.. _open.Keys.Select(call => call.Admitted).OfType<AdmittedCall>().Where(call => clock.GetElapsedTime(call.Began) >= time)];

    internal void Forget(OpenCall call) => _open.TryRemove(call, out _);

    /// <summary>A call is admitted to a version.</summary>
    internal VersionCounter Begin(string workspace, VersionId version)
    {
        while (true)
        {
            var counter = _counters.GetOrAdd((workspace, version), key => new VersionCounter(key.Workspace, key.Version));
            if (counter.TryBegin(clock.GetUtcNow()))
            {
                return counter;
            }
        }
    }

    /// <summary>The counter of a version, or null when it wasn't called here lately.</summary>
    internal VersionCounter? Find(string workspace, VersionId version) => _counters.GetValueOrDefault((workspace, version));

    /// <summary>Drops the counters that were last used before an instant and have nothing left to report.</summary>
    internal void Retire(DateTimeOffset before)
    {
        foreach (var counter in _counters.Values.Where(counter => counter.TryRetire(before)))
        {
            _counters.TryRemove((counter.Workspace, counter.Version), out _);
        }
    }
}
