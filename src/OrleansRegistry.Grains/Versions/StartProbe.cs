namespace OrleansRegistry.Versions;

/// <summary>
/// Waits, apart from every grain's turn, until the health URL of one start answers (rule L3): probes again and again,
/// each time waiting twice as long, until the startup timeout is over. There is always one probe, also when the time is
/// over already: the version may have come up while the registry was away.
/// </summary>
internal sealed class StartProbe : IDisposable
{
    /// <summary>How long to wait after the first probe that failed.</summary>
    public static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two probes.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private volatile ServingResult? _result;

    /// <summary>Begins to probe.</summary>
    public StartProbe(ServingState serving, IHealthProbe health, TimeProvider clock)
    {
        Attempt = serving.Attempt;
        var stop = _stop.Token;
        Ended = Task.Run(() => Run(serving, health, clock, stop), CancellationToken.None);
    }

    /// <summary>The attempt to start that is probed.</summary>
    public int Attempt { get; }

    /// <summary>The result, or null while the probe goes on.</summary>
    public ServingResult? Result => _result;

    /// <summary>Completes when the probe has ended, with a result or without.</summary>
    public Task Ended { get; }

    /// <summary>Ends the probe; it finds nothing any more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task Run(ServingState serving, IHealthProbe health, TimeProvider clock, CancellationToken stop)
    {
        var deadline = serving.Since + TimeSpan.FromSeconds(serving.StartupTimeoutSeconds);
        var delay = FirstDelay;
        try
        {
            while (true)
            {
                var problem = await health.Check(new Uri(serving.HealthUrl!), stop);
                stop.ThrowIfCancellationRequested();
                var left = deadline - clock.GetUtcNow();
                if (problem is null || left <= TimeSpan.Zero)
                {
                    _result = new ServingResult(serving.Attempt, problem is null, problem);
                    return;
                }

                await Task.Delay(delay < left ? delay : left, clock, stop);
                delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
            }
        }
        catch (OperationCanceledException)
        {
            // Deactivated, deleted, or the silo stops: whoever asks next begins a new probe.
        }
    }
}

/// <summary>Asks a health URL whether a version is up.</summary>
internal interface IHealthProbe
{
    /// <summary>
    /// Null when the URL answers 2xx, else one sentence that says what it did. Throws only when cancelled.
    /// </summary>
    Task<string?> Check(Uri url, CancellationToken cancellationToken);
}
