using System.Collections.Concurrent;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Environments;
using OrleansRegistry.Runtime.Logs;
using OrleansRegistry.Runtime.Native;
using OrleansRegistry.Runtime.Processes;
using OrleansRegistry.Runtime.Sandboxes;

namespace OrleansRegistry.Runtime;

/// <summary>Starts the processes of a node (<see cref="IProcessRunner"/>). When it is disposed of it stops them all.</summary>
internal sealed class ProcessRunner : IProcessRunner, IAsyncDisposable
{
    private const string DefaultPython = "default";

    private const string Probing = "This node has just started, and is finding out what it can run; try again.";

    private readonly RuntimeOptions _options;
    private readonly RunnerPlace _place;
    private readonly TimeProvider _clock;
    private readonly ISandbox _sandbox;
    private readonly Room _room;
    private readonly SignOfLife _sign;
    private readonly TaskCompletionSource _probed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<RunningProcess, Slots.Slot> _running = [];
    private volatile Findings _found = new(Say(Probing), [], null);
    private volatile bool _ended;

    /// <summary>Makes one that is off until <see cref="Probe"/> has found out what it can run.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="place">Where the node keeps what.</param>
    /// <param name="clock">Measures.</param>
    public ProcessRunner(RuntimeOptions options, RunnerPlace place, TimeProvider clock)
    {
        (_options, _place, _clock) = (options, place, clock);
        _sandbox = options.Isolation == Isolation.Sandbox ? new Bubblewrap() : new Unsandboxed();
        _room = new Room(options);
        _sign = new SignOfLife(place.DataDirectory, clock.GetUtcNow());
    }

    public Task Probed => _probed.Task;

    public string? Off => _found.Off?.Told;

    /// <summary>Why nothing runs, for the log; or null.</summary>
    public string? OffDetail => _found.Off?.Detail;

    /// <summary>Why environments are off, for the log, by their names.</summary>
    public IEnumerable<(string Name, string Detail)> OffDetails =>
        _found.Environments.Where(environment => environment.Detail is not null).Select(environment => (environment.View.Serving.Name, environment.Detail!));

    public IReadOnlyList<NodeEnvironment> Environments => [.. _found.Environments.Select(environment => environment.View)];

    public bool IsSandboxed => _options.Isolation == Isolation.Sandbox;

    /// <summary>How many processes run.</summary>
    public int Running => _running.Count;

    /// <summary>Makes one that knows what it can run.</summary>
    public static async Task<ProcessRunner> Create(RuntimeOptions options, RunnerPlace place, TimeProvider clock)
    {
        ProcessRunner runner = new(options, place, clock);
        await runner.Probe();
        return runner;
    }

    /// <summary>Finds out, once, what this node can run: what can't run says why.</summary>
    public async Task Probe()
    {
        try
        {
            _found = await Find();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _found = new Findings(new OffReason("The node can't make what processes need; its log says why.", e.Message), [], null);
        }
        finally
        {
            _probed.TrySetResult();
        }
    }

    public IDisposable? TryReserve(ProcessResources resources) => _room.TryReserve(resources);

    public IProcessLog CreateLog() => new ProcessLog(_options.MaxLogBytes, _clock);

    public IRunningProcess Start(ProcessSpec spec, IProcessLog log)
    {
        var found = _found;
        if (_ended || found.Off is not null)
        {
            throw new InvalidOperationException(found.Off?.Told ?? "The runner has ended.");
        }

        var environment = found.Environments.FirstOrDefault(environment => environment.View.Serving.Name == spec.Environment && environment.View.Off is null)
            ?? throw new InvalidOperationException($"There is no environment {spec.Environment} in which something can run.");
        var slot = found.Slots!.Take(spec.Resources.Cpus);
        try
        {
            return Start(spec, (ProcessLog)log, environment, slot);
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    public DateTimeOffset? FindLastAlive(DateTimeOffset instant) => _sign.FindLast(instant);

    public void SayAlive()
    {
        if (!_running.IsEmpty)
        {
            _sign.Give(_clock.GetUtcNow());
        }
    }

    public async ValueTask DisposeAsync()
    {
        _ended = true;
        SayAlive();
        await Task.WhenAll(_running.Keys.Select(process => process.Stop()));
    }

    private RunningProcess Start(ProcessSpec spec, ProcessLog log, PreparedEnvironment environment, Slots.Slot slot)
    {
        using ProcessSocket socket = new(_place.RunDirectory, _clock);
        using var output = PipePair.Create();
        try
        {
            var process = _sandbox.Start(
                new Launch
                {
                    Command = spec.Command ?? environment.Command,
                    Script = spec.Command is null ? environment.Script : null,
                    Arguments = [ArtifactDigest.NameOf(spec.Format)],
                    Package = spec.Package,
                    Visible = environment.Visible,
                    ProgramDirectory = environment.ProgramDirectory,
                    Variables = spec.Variables,
                    Resources = spec.Resources,
                    Processors = slot.Processors,
                    User = slot.User,
                },
                output.Writer,
                socket.Handle);
            LogPump pump = new(output.TakeReader(), log, _clock);
            RunningProcess running = new(process, socket, spec, pump, TimeSpan.FromSeconds(_options.StopSeconds), _clock);
            _running[running] = slot;
            SayAlive();
            _ = Forget(running, slot);
            return running;
        }
        catch
        {
            socket.Remove();
            throw;
        }
    }

    private async Task Forget(RunningProcess process, Slots.Slot slot)
    {
        await process.Exited;
        _running.TryRemove(process, out _);
        slot.Dispose();
    }

    private async Task<Findings> Find()
    {
        if (WhyNot() is { } reason)
        {
            return new Findings(Say(reason), [], null);
        }

        var hasOtherUsers = _options.Isolation != Isolation.None && Posix.UserId() == 0;
        TrialRun trial = new(_sandbox, hasOtherUsers ? Slots.FirstUser : null, _clock);
        if (await Try(trial) is { } refusal)
        {
            return new Findings(refusal, [], null);
        }

        var server = ServeScript.Write(_place.RunDirectory);
        // At once: each waits for programs of its own.
        var environments = await Task.WhenAll(
        [
            OnnxEnvironment.Prepare(_place.OnnxServer, trial, _place),
            .. Pythons().Select(python => PythonEnvironment.Prepare(python.Name, python.Interpreter, server, trial, _place, _clock)),
        ]);
        return new Findings(null, environments, new Slots(hasOtherUsers));
    }

    /// <summary>Why the settings and the machine let nothing run, and what to do about it; or null.</summary>
    private string? WhyNot()
    {
        if (_place.IsInCluster)
        {
            return "In a cluster (PostgreSQL) the other nodes don't reach the processes of one yet: use a node on SQLite, or addresses of servers.";
        }

        if (!_options.Enabled)
        {
            return "Registry__Runtime__Enabled is false.";
        }

        if (!OperatingSystem.IsLinux())
        {
            return "Processes are started on Linux only.";
        }

        if (_options.Isolation == Isolation.None && !_place.IsOnLoopback)
        {
            return "Isolation none is only for a server that listens on loopback: set Registry__Runtime__Isolation to sandbox, or ASPNETCORE_URLS to a loopback address.";
        }

        if (_options.Isolation == Isolation.Container && Posix.UserId() != 0)
        {
            return "Isolation container needs a node that runs as root, so that processes have another user: start it as root, or set Registry__Runtime__Isolation to sandbox.";
        }

        string[] programs =
        [
            .. _options.Isolation == Isolation.Sandbox ? [SystemPrograms.Bubblewrap] : Array.Empty<string>(),
            SystemPrograms.SetPrivileges, SystemPrograms.OwnMounts, SystemPrograms.LimitResources, SystemPrograms.SetProcessors,
        ];
        return Array.Find(programs, program => !File.Exists(program)) is { } missing
            ? $"{Path.GetFileName(missing)} is missing. Install it: apt-get install {SystemPrograms.Package(missing)}."
            : null;
    }

    /// <summary>Why no process starts on this machine, and what to do about it; or null.</summary>
    private async Task<OffReason?> Try(TrialRun trial)
    {
        ProcessSocket.Prepare(_place.RunDirectory);
        var (end, output) = await trial.Run([SystemPrograms.DoNothing]);
        return end.ExitCode == 0 ? null : new OffReason(
            $"A sandbox does not start. {_sandbox.Remedy(output)}",
            $"A sandbox does not start: {LogText.Escape(output.Trim())}. {_sandbox.Remedy(output)}");
    }

    /// <summary>A reason that names nothing of the machine.</summary>
    private static OffReason Say(string reason) => new(reason, reason);

    private IEnumerable<(string Name, string Interpreter)> Pythons()
    {
        if (_options.Python.Count > 0)
        {
            return _options.Python.Select(python => (python.Key, python.Value)).OrderBy(python => python.Key, StringComparer.Ordinal);
        }

        const string usual = "/usr/bin/python3";
        var found = File.Exists(usual) ? usual
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Select(directory => Path.Combine(directory, "python3")).FirstOrDefault(File.Exists);
        return _place.HasDefaultPython && found is not null ? [(DefaultPython, found)] : [];
    }

    /// <summary>What was found out.</summary>
    /// <param name="Off">Why nothing runs, or null.</param>
    /// <param name="Environments">The environments.</param>
    /// <param name="Slots">What processes must not share; null when nothing runs.</param>
    private sealed record Findings(OffReason? Off, IReadOnlyList<PreparedEnvironment> Environments, Slots? Slots);
}
