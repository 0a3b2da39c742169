using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRegistry.Testing;

/// <summary>The real executable, in a process of its own.</summary>
public sealed class RegistryProcess : IDisposable
{
    /// <summary>The build that is tested, or another one that REGISTRY_TEST_HOST names, such as one that is wrong on purpose (scripts/mutants.sh).</summary>
    public static readonly string Built = Environment.GetEnvironmentVariable("REGISTRY_TEST_HOST") ?? Path.GetFullPath(
        typeof(RegistryProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "HostAssembly").Value!,
        AppContext.BaseDirectory);

    /// <summary>Where what nodes printed is kept, by process; null for nowhere.</summary>
    private static readonly string? Logs = Environment.GetEnvironmentVariable("REGISTRY_TEST_LOGS");

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly List<(string Text, TaskCompletionSource Printed)> _awaited = [];
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RegistryProcess(NodeSettings settings, IEnumerable<string> arguments, string? directory = null)
    {
        string[] command = ["dotnet", settings.Executable ?? Built, .. arguments];
        if (settings.FileHandles is { } handles)
        {
            command = ["sh", "-c", $"ulimit -n {handles} && exec \"$@\"", "sh", .. command];
        }

        command = [.. settings.Wrapper, .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? Path.GetTempPath(),
        };
        foreach (var (name, value) in settings.AllEnvironment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Whether the node listens.</summary>
    public bool IsListening => _listening.Task.IsCompletedSuccessfully;

    /// <summary>Where the node listens, once it does.</summary>
    public Uri Address => _listening.Task.IsCompletedSuccessfully ? _listening.Task.Result : throw new InvalidOperationException("It doesn't listen yet.");

    /// <summary>All that the process has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Runs a node until it listens, and answers a client of it.</summary>
    public static async Task<(RegistryProcess Process, HttpClient Client)> Start(NodeSettings settings)
    {
        var process = Run(settings);
        var exited = process._process.WaitForExitAsync();
        // Longer than a node waits for members that are not there any more.
        if (await Task.WhenAny(process._listening.Task, exited).WaitAsync(TimeSpan.FromMinutes(2)) == exited)
        {
            throw new InvalidOperationException($"The registry ended before it listened: {process.Output}");
        }

        var client = new HttpClient { BaseAddress = await process._listening.Task, Timeout = TimeSpan.FromSeconds(40) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", NodeSettings.OperatorKey);
        return (process, client);
    }

    /// <summary>Runs a node without waiting for it.</summary>
    public static RegistryProcess Run(NodeSettings settings) => new(
        settings,
        [
            "--urls", "http://127.0.0.1:0",
            $"--Registry:DataDirectory={settings.DataDirectory}",
            $"--Registry:SiloPort={settings.SiloPort}",
            .. settings.HasOperatorKey ? [$"--Registry:Auth:AdminKey={NodeSettings.OperatorKey}"] : Array.Empty<string>(),
            "--Registry:Outbound:AllowLoopback=true",
            // An earlier build takes no settings that it doesn't know.
            .. settings.Executable is null ? NodeSettings.Unlimited : ["--Registry:Limits:RequestsPerSecond=0"],
            .. settings.Arguments,
        ]);

    /// <summary>Runs a command that ends by itself.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEnd(NodeSettings settings, params string[] first)
    {
        using var process = new RegistryProcess(
            settings,
            [
                .. first,
                "--urls=http://127.0.0.1:0",
                $"--Registry:DataDirectory={settings.DataDirectory}",
                $"--Registry:SiloPort={settings.SiloPort}",
                .. settings.Arguments,
            ]);
        return (await process.WaitForExit(), process.Output);
    }

    /// <summary>Runs the executable in a directory with nothing but some arguments, until it ends by itself.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEnd(string directory, params string[] arguments)
    {
        using var process = new RegistryProcess(new NodeSettings { DataDirectory = directory }, arguments, directory);
        return (await process.WaitForExit(), process.Output);
    }

    /// <summary>Waits until the process has ended by itself.</summary>
    public async Task<int> WaitForExit()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    /// <summary>Waits until the process has printed something.</summary>
    public Task WaitForOutput(string text)
    {
        lock (_output)
        {
            var printed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, printed));
            Announce();
            return printed.Task.WaitAsync(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Sends a signal by its name.</summary>
    public async Task Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        if (Logs is not null)
        {
            File.WriteAllText(Path.Combine(Logs, $"{_process.Id}.log"), Output);
        }

        _process.Dispose();
    }

    /// <summary>A loopback port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Announce() =>
        _awaited.RemoveAll(awaited => _output.ToString().Contains(awaited.Text, StringComparison.Ordinal) && awaited.Printed.TrySetResult());

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
            Announce();
        }

        const string listening = "Now listening on: ";
        var at = line.IndexOf(listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            // In a structured log the text ends with a quote.
            _listening.TrySetResult(new Uri(line[(at + listening.Length)..].Split('"')[0].Trim()));
        }
    }
}

/// <summary>What a test says to a node.</summary>
public sealed record NodeSettings
{
    /// <summary>A key of role operator on every node.</summary>
    public static string OperatorKey { get; } = ApiKey.Create();

    /// <summary>The secret of nodes that don't draw one: silos without callers must be told it.</summary>
    public static IReadOnlyDictionary<string, string> SharedSecret { get; } = new Dictionary<string, string>
    {
        ["Registry__Auth__Secret"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
    };

    /// <summary>
    /// Lifts the limits that one caller and one address have, as all that tests send comes from one of each. Looks for no
    /// environments, which takes processes of the machine; tests that need them say so.
    /// </summary>
    public static IReadOnlyList<string> Unlimited { get; } =
    [
        .. new[]
        {
            "RequestsPerSecond", "RequestsPerSecondPerWorkspace", "AnonymousRequestsPerSecond", "UnknownKeysPerSecond", "OpenCallsPerKey", "OpenCallsPerWorkspace",
            "OpenStreamsPerKey", "OpenStreamsPerWorkspace", "OpenCommandsPerKey", "OpenUploadsPerWorkspace", "ConnectionsPerAddress",
        }.Select(limit => $"--Registry:Limits:{limit}=0"),
        "--Registry:Runtime:Enabled=false",
    ];

    public required string DataDirectory { get; init; }

    public int SiloPort { get; init; } = RegistryProcess.FreePort();

    public string? ConnectionString { get; init; }

    /// <summary>The executable of another build; null for this one's.</summary>
    public string? Executable { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>How many file handles the process may have; null for as many as this one.</summary>
    public int? FileHandles { get; init; }

    /// <summary>The program, with its arguments, that runs the node; empty for none.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Whether <see cref="OperatorKey"/> is a key of the node.</summary>
    public bool HasOperatorKey { get; init; } = true;

    /// <summary>Further variables of the process's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>All variables that the node needs besides those of this process.</summary>
    public IReadOnlyDictionary<string, string> AllEnvironment =>
        ConnectionString is { } connection ? new Dictionary<string, string>(Environment) { ["ConnectionStrings__Registry"] = connection } : Environment;

    public static NodeSettings On(TestDatabase database) => new()
    {
        DataDirectory = database.Options.DataDirectory,
        ConnectionString = database.Options.PostgresConnectionString,
    };
}
