using System.Globalization;

namespace OrleansRegistry.Versions;

/// <summary>
/// Waits, apart from every grain's turn, until the health URL of a server answers (rules L3 and SV2): probes again and
/// again until the startup timeout is over, soon at first and then more seldom. There is always one probe, also when the
/// time is over already: the server may have come up while the registry was away. For a version that is ready already,
/// the time is never over.
/// </summary>
internal sealed class StartProbe : IDisposable
{
    /// <summary>How long to wait after the first probe that failed.</summary>
    public static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>The max wait between two probes while a start is young.</summary>
    public static readonly TimeSpan MaxEarlyDelay = TimeSpan.FromSeconds(1);

    /// <summary>The max wait between two probes.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    /// <summary>How long a start is young.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private volatile ServingResult? _result;

    /// <summary>Begins to probe.</summary>
    /// <param name="server">A server with a health URL that is not up yet.</param>
    /// <param name="serving">The serving spec that it belongs to.</param>
    /// <param name="health">Asks.</param>
    /// <param name="clock">The clock.</param>
    public StartProbe(ServerState server, ServingState serving, IHealthProbe health, TimeProvider clock)
    {
        var stop = _stop.Token;
        Ended = Task.Run(() => Run(server, serving, health, clock, stop), CancellationToken.None);
    }

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

    private async Task Run(ServerState server, ServingState serving, IHealthProbe health, TimeProvider clock, CancellationToken stop)
    {
        var deadline = serving.Status == ServingStatus.Starting
            ? serving.Since + TimeSpan.FromSeconds(serving.StartupTimeoutSeconds)
            : DateTimeOffset.MaxValue;
        var delay = FirstDelay;
        try
        {
            for (var probes = 1; ; probes++)
            {
                var found = await health.Check(new Uri(server.HealthUrl!), stop);
                stop.ThrowIfCancellationRequested();
                var now = clock.GetUtcNow();
                var left = deadline - now;
                if (found.IsReady || left <= TimeSpan.Zero)
                {
                    _result = ResultOf(serving.Attempt, found, probes, now - server.Since);
                    return;
                }

                await Task.Delay(delay < left ? delay : left, clock, stop);
                var max = now - server.Since < Early ? MaxEarlyDelay : MaxDelay;
                delay = delay * 2 < max ? delay * 2 : max;
            }
        }
        catch (OperationCanceledException)
        {
            // Deactivated, deleted, or the silo stops: whoever asks next begins a new probe.
        }
    }

    private static ServingResult ResultOf(int attempt, HealthAnswer found, int probes, TimeSpan elapsed)
    {
        var seconds = (long)elapsed.TotalSeconds;
        var message = found.IsReady ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{found.Problem} It was asked {probes} {(probes == 1 ? "time" : "times")} in {seconds} {(seconds == 1 ? "second" : "seconds")}.");
        return new ServingResult(attempt, found.IsReady, message) { Probes = probes, LastStatus = found.Status, Seconds = seconds };
    }
}

/// <summary>Asks a health URL whether a version is up.</summary>
internal interface IHealthProbe
{
    /// <summary>What the URL answers. Throws only when cancelled.</summary>
    Task<HealthAnswer> Check(Uri url, CancellationToken cancellationToken);
}

/// <summary>What a health URL answered.</summary>
/// <param name="Problem">One sentence that says what it did instead of answering 2xx; null when it answered so.</param>
/// <param name="Status">The HTTP status, or null when there was no answer.</param>
internal sealed record HealthAnswer(string? Problem, int? Status)
{
    /// <summary>Whether the version is up.</summary>
    public bool IsReady => Problem is null;
}
