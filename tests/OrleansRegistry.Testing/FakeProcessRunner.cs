using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Threading.Channels;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Testing;

/// <summary>A node's processes, played by a test: it says when one is ready, and when and how one dies.</summary>
internal sealed class FakeProcessRunner : IProcessRunner
{
    private readonly Channel<FakeProcess> _started = Channel.CreateUnbounded<FakeProcess>();
    private readonly ConcurrentBag<FakeProcess> _all = [];

    public Task Probed => Task.CompletedTask;

    /// <summary>The last sign of life before this run, or null.</summary>
    public DateTimeOffset? LastAlive { get; set; }

    public DateTimeOffset? FindLastAlive(DateTimeOffset instant) => LastAlive;

    public void SayAlive() => HasSaidAlive |= Running.Count > 0;

    /// <summary>Whether it was told to store that the node lives, while a process ran.</summary>
    public bool HasSaidAlive { get; private set; }

    public string? Off
    {
        get
        {
            WasAskedWhileOff |= field is not null;
            return field;
        }

        set;
    }

    /// <summary>Whether somebody has been told that it is off.</summary>
    public bool WasAskedWhileOff { get; private set; }

    /// <summary>How many versions there is room for.</summary>
    public int Room { get; set; } = 100;

    public IReadOnlyList<NodeEnvironment> Environments { get; set; } =
    [
        new(new ServingEnvironment(NodeEnvironment.Onnx, null, FrozenDictionary<string, string>.Empty), null),
        new(new ServingEnvironment("default", "3.11.2", FrozenDictionary<string, string>.Empty), null),
    ];

    public bool IsSandboxed { get; set; } = true;

    /// <summary>What the operating system refuses starts with, or null.</summary>
    public string? Fault { get; set; }

    /// <summary>Each process is ready as soon as it is started.</summary>
    public bool AreReadyAtOnce { get; set; }

    /// <summary>Those that run.</summary>
    public IReadOnlyList<FakeProcess> Running => [.. _all.Where(process => !process.Exited.IsCompleted)];

    /// <summary>The next process that is started.</summary>
    public async Task<FakeProcess> Next() => await _started.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public IDisposable? TryReserve(ProcessResources resources)
    {
        if (Room == 0)
        {
            return null;
        }

        Room--;
        return new Part(this);
    }

    public IProcessLog CreateLog() => new EmptyLog();

    public IRunningProcess Start(ProcessSpec spec, IProcessLog log)
    {
        if (Fault is { } fault)
        {
            throw new IOException(fault);
        }

        FakeProcess process = new(spec);
        if (AreReadyAtOnce)
        {
            process.Answer();
        }

        _all.Add(process);
        _started.Writer.TryWrite(process);
        return process;
    }

    private sealed class Part(FakeProcessRunner runner) : IDisposable
    {
        public void Dispose() => runner.Room++;
    }

    private sealed class EmptyLog : IProcessLog
    {
        public IReadOnlyList<LogLine> Tail(int lines) => [];

        public IAsyncEnumerable<LogLine> Follow(long after, CancellationToken cancellationToken) => AsyncEnumerable.Empty<LogLine>();
    }
}

/// <summary>A process that does what a test says.</summary>
internal sealed class FakeProcess(ProcessSpec spec) : IRunningProcess
{
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it was started from.</summary>
    public ProcessSpec Spec => spec;

    public Task<bool> Ready => _ready.Task;

    public Task<ProcessExit> Exited => _exited.Task;

    public long MemoryBytes => 0;

    /// <summary>It answers its health from now on.</summary>
    public void Answer() => _ready.TrySetResult(true);

    /// <summary>It dies.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="ready">How long it was ready.</param>
    public void Die(ExitCause cause = ExitCause.Ended, TimeSpan ready = default)
    {
        _exited.TrySetResult(new ProcessExit(cause, 3, null, TimeSpan.FromSeconds(7) + ready, ready, cause == ExitCause.NotReady ? "300 s" : null));
        _ready.TrySetResult(false);
    }

    public ValueTask<Stream> Connect(CancellationToken cancellationToken) => throw new IOException("It is only played.");

    /// <summary>It goes on when it is told to end, as one that has a call does.</summary>
    public bool TakesItsTime { get; set; }

    public Task<ProcessExit> Stop()
    {
        if (!TakesItsTime)
        {
            Die(ExitCause.Stopped);
        }

        return Exited;
    }
}
