namespace OrleansRegistry.RestClient;

/// <summary>When an operation ends, whatever it waits for (rule C2).</summary>
internal sealed class Stopwatches(TimeProvider clock, TimeSpan? total)
{
    private readonly long _begun = clock.GetTimestamp();

    /// <summary>The time that is left; null for any time.</summary>
    public TimeSpan? Remaining => total - clock.GetElapsedTime(_begun);

    /// <summary>A limit for the next step.</summary>
    /// <exception cref="TimedOutException">The operation's time is up.</exception>
    public StepLimit Limit(TimeSpan step, CancellationToken cancellationToken) => Remaining switch
    {
        { } left when left <= TimeSpan.Zero => throw Up(isSent: false),
        { } left when left < step => new StepLimit(clock, left, () => Up(isSent: true), cancellationToken),
        _ => new StepLimit(clock, step, null, cancellationToken),
    };

    private TimedOutException Up(bool isSent) =>
        new($"The operation took longer than its {total?.TotalSeconds:0.###} seconds.", isSent, isRetryable: false);
}

/// <summary>How long one step of an operation may take.</summary>
internal sealed class StepLimit : IDisposable
{
    private readonly TimeSpan _time;
    private readonly Func<TimedOutException>? _up;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _both;

    public StepLimit(
        TimeProvider clock,
        TimeSpan time,
        Func<TimedOutException>? up,
        CancellationToken cancellationToken)
    {
        (_time, _up) = (time, up);
        _timer = new CancellationTokenSource(time, clock);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, cancellationToken);
    }

    public CancellationToken Token => _both.Token;

    /// <summary>Whether the step ended because its time was up.</summary>
    public bool IsUp => _timer.IsCancellationRequested;

    /// <summary>The error of a step that took too long.</summary>
    public TimedOutException TimedOut(string cause, bool isSent, Exception inner) =>
        _up?.Invoke()
            ?? new TimedOutException(
                $"{cause} for {_time.TotalSeconds:0.###} seconds.",
                isSent,
                isRetryable: true,
                inner);

    public void Dispose()
    {
        _both.Dispose();
        _timer.Dispose();
    }
}
