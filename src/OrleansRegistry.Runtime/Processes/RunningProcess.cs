using System.Globalization;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Logs;
using OrleansRegistry.Runtime.Sandboxes;

namespace OrleansRegistry.Runtime.Processes;

/// <summary>Watches one start: readiness, health, memory, end.</summary>
internal sealed class RunningProcess : IRunningProcess
{
    private const int MaxUnanswered = 3;
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MemoryInterval = TimeSpan.FromMilliseconds(250);

    private readonly IsolatedProcess _process;
    private readonly ProcessSocket _socket;
    private readonly ProcessSpec _spec;
    private readonly TimeSpan _stopTimeout;
    private readonly TimeProvider _clock;
    private readonly Lock _turn = new();
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (ExitCause Cause, string? Limit) _cause;
    private long? _readyAt;
    private long _memoryBytes;
    private Task<ProcessExit>? _stopping;

    /// <summary>Begins to watch.</summary>
    /// <param name="process">What was started.</param>
    /// <param name="socket">Its socket.</param>
    /// <param name="spec">What it was started from.</param>
    /// <param name="pump">Reads what it writes.</param>
    /// <param name="stopTimeout">How long it may take to stop.</param>
    /// <param name="clock">Measures.</param>
    public RunningProcess(
        IsolatedProcess process, ProcessSocket socket, ProcessSpec spec, LogPump pump, TimeSpan stopTimeout, TimeProvider clock)
    {
        (_process, _socket, _spec, _stopTimeout, _clock) = (process, socket, spec, stopTimeout, clock);
        Exited = Watch(pump);
    }

    public Task<bool> Ready => _ready.Task;

    public Task<ProcessExit> Exited { get; }

    public long MemoryBytes => Interlocked.Read(ref _memoryBytes);

    public ValueTask<Stream> Connect(CancellationToken cancellationToken) => _socket.Connect(cancellationToken);

    public Task<ProcessExit> Stop()
    {
        lock (_turn)
        {
            return _stopping ??= StopOnce();
        }
    }

    private async Task<ProcessExit> StopOnce()
    {
        if (!_process.Ended.IsCompleted)
        {
            Blame(ExitCause.Stopped, null);
        }

        if (!_process.Terminate())
        {
            _process.Kill();
        }

        try
        {
            return await Exited.WaitAsync(_stopTimeout, _clock);
        }
        catch (TimeoutException)
        {
            _process.Kill();
            return await Exited;
        }
    }

    private async Task<ProcessExit> Watch(LogPump pump)
    {
        var began = _clock.GetTimestamp();
        using CancellationTokenSource over = new();
        var health = WatchHealth(over.Token);
        var memory = WatchMemory(over.Token);
        var end = await _process.Ended;
        var ended = _clock.GetTimestamp();
        await over.CancelAsync();
        await health.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await memory.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await pump.End();
        _socket.Remove();
        _ready.TrySetResult(false);
        var (cause, limit) = _cause;
        var readyTime = _readyAt is { } at ? _clock.GetElapsedTime(at, ended) : TimeSpan.Zero;
        return new ProcessExit(cause, end.ExitCode, end.Signal, _clock.GetElapsedTime(began, ended), readyTime, limit);
    }

    private async Task WatchHealth(CancellationToken ended)
    {
        using HealthProbe probe = new(Connect, _clock);
        using (CancellationTokenSource late = new(_spec.StartupTimeout, _clock))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ended))
        {
            while (await probe.Ask(either.Token) != Health.Good)
            {
                await Task.Delay(ReadyInterval, _clock, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ended.ThrowIfCancellationRequested();
                if (late.IsCancellationRequested)
                {
                    Kill(ExitCause.NotReady, string.Create(CultureInfo.InvariantCulture, $"{_spec.StartupTimeout.TotalSeconds:0.###} s"));
                    return;
                }
            }
        }

        _readyAt = _clock.GetTimestamp();
        _ready.TrySetResult(true);
        var last = Health.Good;
        for (var unanswered = 0; unanswered < MaxUnanswered; unanswered = last is Health.Hung or Health.Silent ? unanswered + 1 : 0)
        {
            if (last != Health.Hung)
            {
                await Task.Delay(HealthInterval, _clock, ended);
            }

            last = await probe.Ask(ended);
        }

        Kill(
            ExitCause.Hung,
            string.Create(CultureInfo.InvariantCulture, $"{MaxUnanswered} times in a row within {HealthProbe.Timeout.TotalSeconds} s"));
    }

    private async Task WatchMemory(CancellationToken ended)
    {
        while (true)
        {
            var bytes = _process.MemoryBytes();
            Interlocked.Exchange(ref _memoryBytes, bytes);
            if (bytes > _spec.Resources.MemoryBytes)
            {
                Kill(ExitCause.OutOfMemory, string.Create(CultureInfo.InvariantCulture, $"{_spec.Resources.MemoryMiB:N0} MiB"));
                return;
            }

            await Task.Delay(MemoryInterval, _clock, ended);
        }
    }

    private void Kill(ExitCause cause, string limit)
    {
        Blame(cause, limit);
        _process.Kill();
    }

    /// <summary>The first cause is the cause: what was told to stop and was killed for it was stopped.</summary>
    private void Blame(ExitCause cause, string? limit)
    {
        lock (_turn)
        {
            if (_cause.Cause == ExitCause.Ended)
            {
                _cause = (cause, limit);
            }
        }
    }
}
