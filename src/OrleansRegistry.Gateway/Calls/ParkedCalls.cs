using System.Diagnostics.Metrics;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Calls that wait for their version's start (rule W1). A parked call is not open: no drain waits for it, and none of its body
/// is read. What it waits for is a change of the model, which the model itself tells.
/// </summary>
internal sealed class ParkedCalls : IDisposable
{
    /// <summary>Calls that may wait for one version.</summary>
    internal const int MaxOfVersion = 100;

    /// <summary>Calls that may wait at the gateway.</summary>
    internal const int MaxOfGateway = 1000;

    /// <summary>Calls of one key that may wait.</summary>
    internal const int MaxOfKey = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly OpenCounter<(string Workspace, string VersionId)> _ofVersion = new(MaxOfVersion);
    private readonly OpenCounter<string> _ofKey = new(MaxOfKey);
    private readonly ApiKeyAuthenticator _access;
    private readonly RequestRates _rates;
    private readonly NodeEnd _end;
    private readonly TimeProvider _clock;
    private readonly Meter _meter;
    private int _count;

    /// <summary>Begins with none.</summary>
    public ParkedCalls(ApiKeyAuthenticator access, RequestRates rates, NodeEnd end, IMeterFactory meters, TimeProvider clock)
    {
        (_access, _rates, _end, _clock) = (access, rates, end, clock);
        _meter = meters.Create("OrleansRegistry.Gateway");
        _meter.CreateObservableGauge(
            "orleans_registry.calls.parked", () => Count, "{call}", "Calls that wait for their version's start (rule W1).");
    }

    /// <summary>How many wait now.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Waits until a call may begin anew. Answers why it may not: its version has failed or is gone, the time is over, too
    /// many wait already, its caller is let in no more, or the node stops.
    /// </summary>
    /// <param name="caller">Who makes the call.</param>
    /// <param name="version">The version that is not up.</param>
    /// <param name="time">How long it may wait.</param>
    /// <param name="resolve">Resolves the call's version once the model is not as of a revision any more.</param>
    /// <param name="cancellationToken">Ends the wait: the caller has hung up.</param>
    public async Task<RegistryError?> Wait(
        RequestCaller caller,
        ResolvedVersion version,
        TimeSpan time,
        Resolving resolve,
        CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Stopping);
        using var place = new Place(this, caller);
        try
        {
            return await Wait(place, caller, version, time, resolve, ended.Token);
        }
        catch (OperationCanceledException) when (_end.HasBegun && !cancellationToken.IsCancellationRequested)
        {
            return IsStarting(version, "is starting, and this node stops. Send the call again");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private async Task<RegistryError?> Wait(
        Place place,
        RequestCaller caller,
        ResolvedVersion version,
        TimeSpan time,
        Resolving resolve,
        CancellationToken ended)
    {
        var begun = _clock.GetTimestamp();
        while (true)
        {
            if (!place.TryTake(version.VersionId))
            {
                return IsStarting(version, "is starting, and as many calls wait as may");
            }

            var left = time - _clock.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                return IsStarting(version, "is still starting");
            }

            Outcome<ResolvedVersion> outcome;
            try
            {
                outcome = await resolve(version.Revision, ended).WaitAsync(left, _clock, ended);
            }
            catch (Exception e) when (GrainCalls.IsInterrupted(e) && !ended.IsCancellationRequested)
            {
                // The time is over, or the model's silo is lost.
                left = time - _clock.GetElapsedTime(begun);
                await Task.Delay(left < TimeSpan.Zero ? TimeSpan.Zero : left < Pause ? left : Pause, _clock, ended);
                continue;
            }

            if (!await _access.IsStillValid(caller))
            {
                return new RegistryError(ErrorCode.Unauthenticated, "The key has ended while the call waited.");
            }

            if (!outcome.TryGet(out var next, out var error))
            {
                return error;
            }

            if (!next.IsStarting)
            {
                return _rates.Count(caller)?.Error;
            }

            version = next;
        }
    }

    private static RegistryError IsStarting(ResolvedVersion version, string how) =>
        new(ErrorCode.VersionStarting, $"Version {version.Version} {how}.");

    private bool TryEnter(RequestCaller caller, (string Workspace, string VersionId) version)
    {
        if (Interlocked.Increment(ref _count) <= MaxOfGateway && _ofKey.TryEnter(caller.Name))
        {
            if (_ofVersion.TryEnter(version))
            {
                return true;
            }

            _ofKey.Leave(caller.Name);
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    private void Leave(RequestCaller caller, (string Workspace, string VersionId) version)
    {
        _ofVersion.Leave(version);
        _ofKey.Leave(caller.Name);
        Interlocked.Decrement(ref _count);
    }

    /// <summary>What a parked call has taken of the limits. Disposing gives it back.</summary>
    private sealed class Place(ParkedCalls calls, RequestCaller caller) : IDisposable
    {
        private (string Workspace, string VersionId)? _version;

        /// <summary>Takes a place of a version, and gives back that of the one before.</summary>
        public bool TryTake(string versionId)
        {
            var version = (caller.Workspace, versionId);
            if (_version == version)
            {
                return true;
            }

            Dispose();
            if (!calls.TryEnter(caller, version))
            {
                return false;
            }

            _version = version;
            return true;
        }

        public void Dispose()
        {
            if (_version is { } version)
            {
                _version = null;
                calls.Leave(caller, version);
            }
        }
    }
}
