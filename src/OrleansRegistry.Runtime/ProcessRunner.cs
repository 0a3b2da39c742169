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

    private readonly RuntimeOptions _options;
    private readonly RunnerPlace _place;
    private readonly TimeProvider _clock;
    private readonly ISandbox _sandbox;
    private readonly Slots _slots;
    private readonly IReadOnlyList<PreparedEnvironment> _environments;
    private readonly ConcurrentDictionary<RunningProcess, Slots.Slot> _running = [];
    private volatile bool _ended;

    private ProcessRunner(
        RuntimeOptions options, RunnerPlace place, TimeProvider clock, ISandbox sandbox, bool hasOtherUsers, IReadOnlyList<PreparedEnvironment> environments, string? off)
    {
        (_options, _place, _clock, _sandbox, _environments, Off) = (options, place, clock, sandbox, environments, off);
        _slots = new Slots(hasOtherUsers);
    }

    public string? Off { get; }

    public IReadOnlyList<NodeEnvironment> Environments => [.. _environments.Select(environment => environment.View)];

    /// <summary>How many processes run.</summary>
    public int Running => _running.Count;

    /// <summary>Finds out what this node can run. It never fails: what can't run says why.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="place">Where the node keeps what.</param>
    /// <param name="clock">Measures.</param>
    public static async Task<ProcessRunner> Create(RuntimeOptions options, RunnerPlace place, TimeProvider clock)
    {
        ISandbox sandbox = options.Isolation == Isolation.Sandbox ? new Bubblewrap() : new Unsandboxed();
        var hasOtherUsers = OperatingSystem.IsLinux() && options.Isolation != Isolation.None && Posix.UserId() == 0;
        TrialRun trial = new(sandbox, hasOtherUsers ? Slots.FirstUser : null, clock);
        var off = await Probe(options, place, sandbox, trial);
        List<PreparedEnvironment> environments = [];
        if (off is null)
        {
            environments.Add(await OnnxEnvironment.Prepare(place.OnnxServer, trial, place));
            var server = ServeScript.Write(place.RunDirectory);
            foreach (var (name, interpreter) in Pythons(options, place))
            {
                environments.Add(await PythonEnvironment.Prepare(name, interpreter, server, trial, place, clock));
            }
        }

        return new ProcessRunner(options, place, clock, sandbox, hasOtherUsers, environments, off);
    }

    public IProcessLog CreateLog() => new ProcessLog(_options.MaxLogBytes, _clock);

    public IRunningProcess Start(ProcessSpec spec, IProcessLog log)
    {
        if (_ended || Off is not null)
        {
            throw new InvalidOperationException(Off ?? "The runner has ended.");
        }

        var environment = _environments.FirstOrDefault(environment => environment.View.Serving.Name == spec.Environment && environment.View.Off is null)
            ?? throw new InvalidOperationException($"There is no environment {spec.Environment} in which something can run.");
        var slot = _slots.Take(spec.Resources.Cpus);
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

    public async ValueTask DisposeAsync()
    {
        _ended = true;
        await Task.WhenAll(_running.Keys.Select(process => process.Stop()));
    }

    private RunningProcess Start(ProcessSpec spec, ProcessLog log, PreparedEnvironment environment, Slots.Slot slot)
    {
        using ProcessSocket socket = new(_place.RunDirectory);
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

    /// <summary>Why this node runs nothing, and what to do about it; null when it does.</summary>
    private static async Task<string?> Probe(RuntimeOptions options, RunnerPlace place, ISandbox sandbox, TrialRun trial)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Processes are started on Linux only.";
        }

        if (options.Isolation == Isolation.None && !place.IsOnLoopback)
        {
            return "Isolation none is only for a server that listens on loopback: set Registry__Runtime__Isolation to sandbox, or ASPNETCORE_URLS to a loopback address.";
        }

        if (options.Isolation == Isolation.Container && !trial.HasOtherUser)
        {
            return "Isolation container needs a node that runs as root, so that processes have another user: start it as root, or set Registry__Runtime__Isolation to sandbox.";
        }

        string[] programs =
        [
            .. options.Isolation == Isolation.Sandbox ? [SystemPrograms.Bubblewrap] : Array.Empty<string>(),
            SystemPrograms.SetPrivileges, SystemPrograms.OwnMounts, SystemPrograms.LimitResources, SystemPrograms.SetProcessors,
        ];
        if (Array.Find(programs, program => !File.Exists(program)) is { } missing)
        {
            return $"{missing} is missing. Install it: apt-get install {SystemPrograms.Package(missing)}.";
        }

        try
        {
            ProcessSocket.Prepare(place.RunDirectory);
            var (end, output) = await trial.Run([SystemPrograms.DoNothing]);
            return end.ExitCode == 0 ? null : $"A sandbox does not start: {LogText.Escape(output.Trim())}. {sandbox.Remedy(output)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static IEnumerable<(string Name, string Interpreter)> Pythons(RuntimeOptions options, RunnerPlace place)
    {
        if (options.Python.Count > 0)
        {
            return options.Python.Select(python => (python.Key, python.Value)).OrderBy(python => python.Key, StringComparer.Ordinal);
        }

        const string usual = "/usr/bin/python3";
        var found = File.Exists(usual) ? usual
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Select(directory => Path.Combine(directory, "python3")).FirstOrDefault(File.Exists);
        return place.HasDefaultPython && found is not null ? [(DefaultPython, found)] : [];
    }
}
