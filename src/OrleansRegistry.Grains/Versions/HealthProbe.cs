using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Versions;

/// <summary>
/// Asks one server for its health again and again, apart from every grain's turn (rule HV1). It ends by itself when
/// nobody has taken what it found for a while: the model is not in memory any more.
/// </summary>
internal sealed class HealthProbe : IDisposable
{
    /// <summary>By what part the pauses are shorter or longer, so that servers aren't asked in step.</summary>
    public const double Jitter = 0.2;

    /// <summary>How long nobody may take what it finds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _fresh;
    private List<ProbeSign> _found = [];
    private long _takenAt;

    /// <summary>Begins: the first time after a part of the interval, by chance.</summary>
    /// <param name="url">The server's base address.</param>
    /// <param name="healthUrl">What is asked.</param>
    /// <param name="seconds">How often.</param>
    /// <param name="health">Asks.</param>
    /// <param name="clock">The clock.</param>
    public HealthProbe(string url, Uri healthUrl, int seconds, IHealthProbe health, TimeProvider clock)
    {
        (_clock, _takenAt) = (clock, clock.GetTimestamp());
        _interval = TimeSpan.FromSeconds(seconds);
        _fresh = 2 * TimeSpan.FromSeconds(HealthRules.AskSeconds(seconds));
        var stop = _stop.Token;
        Ended = Task.Run(() => Run(url, healthUrl, health, stop), CancellationToken.None);
    }

    /// <summary>Completes when it has ended.</summary>
    public Task Ended { get; }

    /// <summary>
    /// What it has found since this was asked last, oldest first. Nothing where that is too long ago: it would come all at
    /// once, and no call could have spoken against it.
    /// </summary>
    public IReadOnlyList<ProbeSign> Take()
    {
        lock (_lock)
        {
            var found = _clock.GetElapsedTime(_takenAt) > _fresh ? [] : _found;
            _takenAt = _clock.GetTimestamp();
            _found = [];
            return found;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [SuppressMessage("Security", "CA5394", Justification = "Nobody gains by foreseeing a probe.")]
    private async Task Run(string url, Uri healthUrl, IHealthProbe health, CancellationToken stop)
    {
        try
        {
            await Task.Delay(_interval * Random.Shared.NextDouble(), _clock, stop);
            while (IsHeard())
            {
                var answer = await health.Check(healthUrl, stop);
                lock (_lock)
                {
                    _found.Add(new ProbeSign(url, answer.IsReady, _clock.GetInstant()));
                }

                await Task.Delay(_interval * (1 + (Jitter * ((2 * Random.Shared.NextDouble()) - 1))), _clock, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The version has changed, or the silo stops: whoever asks next begins a new probe.
        }
    }

    private bool IsHeard()
    {
        lock (_lock)
        {
            return _clock.GetElapsedTime(_takenAt) < (Patience > 3 * _interval ? Patience : 3 * _interval);
        }
    }
}
