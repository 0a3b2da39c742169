using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Runtime.Tests.Infrastructure;

/// <summary>A runner in a directory of its own, which goes with it.</summary>
internal sealed class TestRunner : IAsyncDisposable
{
    /// <summary>The Python that tests use.</summary>
    public static string Python { get; } = Environment.GetEnvironmentVariable("REGISTRY_TEST_PYTHON") ?? "/usr/bin/python3";

    private readonly ProcessRunner _runner;
    private int _packages;

    private TestRunner(ProcessRunner runner, string directory) => (_runner, Directory) = (runner, directory);

    /// <summary>The data directory, which only this user can look into.</summary>
    public string Directory { get; }

    public string RunDirectory => Path.Combine(Directory, "run");

    public IProcessRunner Runner => _runner;

    public int Running => _runner.Running;

    /// <summary>Makes one. A test that needs a sandbox where none starts is skipped, and fails on a server of CI.</summary>
    public static async Task<TestRunner> Create(RuntimeOptions? options = null, TimeProvider? clock = null)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("registry-").FullName;
        var runner = await ProcessRunner.Create(
            (options ?? new RuntimeOptions()) with { Python = new Dictionary<string, string> { ["default"] = Python }.ToFrozenDictionary() },
            new RunnerPlace
            {
                DataDirectory = directory,
                RunDirectory = Path.Combine(directory, "run"),
                OnnxServer = BuiltFiles.OnnxServer,
                IsOnLoopback = true,
            },
            clock ?? TimeProvider.System);
        if (runner.Off is { } off)
        {
            System.IO.Directory.Delete(directory, recursive: true);
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                Assert.Fail(off);
            }

            Assert.Skip(off);
        }

        return new TestRunner(runner, directory);
    }

    /// <summary>Makes a package.</summary>
    /// <param name="files">Its files: names and contents.</param>
    /// <returns>Its directory.</returns>
    public string Package(params (string Name, string Text)[] files) =>
        Package([.. files.Select(file => (file.Name, Encoding.UTF8.GetBytes(file.Text)))]);

    /// <summary>Makes a package.</summary>
    public string Package(params (string Name, byte[] Content)[] files)
    {
        var package = Path.Combine(Directory, $"package-{Interlocked.Increment(ref _packages)}");
        System.IO.Directory.CreateDirectory(package);
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(package, name);
            File.WriteAllBytes(path, content);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        return package;
    }

    /// <summary>A package of format <c>python</c>.</summary>
    /// <param name="code">Its <c>model.py</c>.</param>
    public string PythonPackage(string code) => Package(("model.py", code));

    /// <summary>Starts a package of format <c>python</c>.</summary>
    public (IRunningProcess Process, IProcessLog Log) Start(string package, Func<ProcessSpec, ProcessSpec>? change = null)
    {
        var log = _runner.CreateLog();
        ProcessSpec spec = new() { Package = package, Format = ArtifactFormat.Python, Environment = "default", StartupTimeout = TimeSpan.FromSeconds(60) };
        return (_runner.Start(change?.Invoke(spec) ?? spec, log), log);
    }

    /// <summary>Starts one, and waits until it is ready.</summary>
    public async Task<IRunningProcess> Ready(string package, Func<ProcessSpec, ProcessSpec>? change = null)
    {
        var (process, log) = Start(package, change);
        Assert.True(await process.Ready, log.Text());
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        await _runner.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>Reads logs.</summary>
internal static class Logs
{
    /// <summary>The last lines as one text.</summary>
    public static string Text(this IProcessLog log) => string.Join('\n', log.Tail(50).Select(line => line.Text));
}

/// <summary>Asks processes over HTTP.</summary>
internal static class Asking
{
    [SuppressMessage("Reliability", "CA2000", Justification = "The client owns its handler.")]
    public static HttpClient Client(this IRunningProcess process) =>
        new(new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => process.Connect(cancellationToken) }) { BaseAddress = new Uri("http://process/") };

    /// <summary>Posts a body, and takes the answer.</summary>
    public static async Task<(int Status, JsonElement Body)> Post(this IRunningProcess process, string path, string body)
    {
        using var client = process.Client();
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(path, content);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>The predictions for instances.</summary>
    public static async Task<JsonElement> Predict(this IRunningProcess process, string instances)
    {
        var (status, body) = await process.Post("predict", $$"""{"instances":{{instances}}}""");
        Assert.True(status == 200, body.ToString());
        return body.GetProperty("predictions");
    }
}
