namespace OrleansRegistry.Processes;

/// <summary>
/// Starts the processes of a node. It knows packages and processes, and nothing of versions: when to start, to start
/// again and to stop is its caller's to say. All processes end with the node's own, however that ends.
/// </summary>
internal interface IProcessRunner
{
    /// <summary>
    /// Completes when it is known what this node can run. It takes a second or so from the start of the node on; until
    /// then the runner is off, and has no environments. It never fails.
    /// </summary>
    Task Probed { get; }

    /// <summary>
    /// The last instant at which this node is known to have lived, while processes ran, before it was started again (rule
    /// X13); null where nothing is known.
    /// </summary>
    /// <param name="instant">An instant at which a process ran: it says which of the node's former lives is meant.</param>
    DateTimeOffset? FindLastAlive(DateTimeOffset instant);

    /// <summary>Stores that the node lives now, if processes run.</summary>
    void SayAlive();

    /// <summary>Why this node runs nothing, and what to do about it; null when it does.</summary>
    string? Off { get; }

    /// <summary>The environments of this node, in the order in which they are tried; those that are off, too.</summary>
    IReadOnlyList<NodeEnvironment> Environments { get; }

    /// <summary>
    /// Takes a version's part of the node's room (rule X11). <see cref="Start"/> doesn't ask for it: who starts processes
    /// has it before, and keeps it from one start of the version to the next.
    /// </summary>
    /// <param name="resources">What the version's process may use.</param>
    /// <returns>What gives it back when it is disposed of, once or more often; null when there is too little room.</returns>
    IDisposable? TryReserve(ProcessResources resources);

    /// <summary>
    /// Whether a sandbox is around each process. Where there is none, packages are made of copies, and only an operator
    /// says what runs: its code is where the node's files are.
    /// </summary>
    bool IsSandboxed { get; }

    /// <summary>
    /// Makes the log of one version. It is the caller's, and outlives a process: each start of the version goes on with
    /// it.
    /// </summary>
    IProcessLog CreateLog();

    /// <summary>Starts a process.</summary>
    /// <param name="spec">What to start. Its environment is one of <see cref="Environments"/>, and not off.</param>
    /// <param name="log">Takes what the process writes.</param>
    /// <exception cref="IOException">The operating system refuses. Nothing is left behind.</exception>
    /// <exception cref="InvalidOperationException">The runner is off or has ended, or there is no such environment.</exception>
    IRunningProcess Start(ProcessSpec spec, IProcessLog log);
}

/// <summary>
/// One start of one version. Threads may share it. It is alive until <see cref="Exited"/> completes; then all its
/// processes, its socket and its directory are gone.
/// </summary>
internal interface IRunningProcess
{
    /// <summary>
    /// Completes with true as soon as the process has answered <c>GET /health</c> with 2xx (rule X1), and with false
    /// when it has ended before. It never fails.
    /// </summary>
    Task<bool> Ready { get; }

    /// <summary>Completes when it has ended, and nothing of it is left. It never fails.</summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>The memory of all its processes at the last look, in bytes.</summary>
    long MemoryBytes { get; }

    /// <summary>
    /// Connects to the process. The path of the socket is nobody else's to name, so nothing that the process does leads
    /// the connection elsewhere.
    /// </summary>
    /// <exception cref="IOException">The process has ended (its socket refuses at once).</exception>
    ValueTask<Stream> Connect(CancellationToken cancellationToken);

    /// <summary>
    /// Stops it (rule X3): SIGTERM at once, SIGKILL to all its processes when <c>StopSeconds</c> are over. Calls that
    /// may still be admitted are the caller's to wait for. Repeating it changes nothing.
    /// </summary>
    /// <returns>How it ended.</returns>
    Task<ProcessExit> Stop();
}

/// <summary>What the processes of a version wrote lately, to stdout and stderr (rule X9). Threads may share it.</summary>
internal interface IProcessLog
{
    /// <summary>The last lines.</summary>
    /// <param name="lines">How many at most.</param>
    IReadOnlyList<LogLine> Tail(int lines);

    /// <summary>Lines that follow one, and then those to come. Lines that the log no longer has are left out.</summary>
    /// <param name="after">The number of a line; 0 begins with the oldest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    IAsyncEnumerable<LogLine> Follow(long after, CancellationToken cancellationToken);
}

/// <summary>A line of a log.</summary>
/// <param name="Number">One more than that of the line before; higher than all of the version's log before.</param>
/// <param name="At">When it was read.</param>
/// <param name="Text">The text, escaped (<see cref="LogText.Escape"/>).</param>
internal sealed record LogLine(long Number, DateTimeOffset At, string Text);
