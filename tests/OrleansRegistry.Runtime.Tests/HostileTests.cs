using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

/// <summary>Packages that try what they must not, each in a real sandbox, and another version beside them that has to go on answering.</summary>
[SuppressMessage("Usage", "CA2213", Justification = "The neighbour disposes of it.")]
public sealed class HostileTests(HostileTests.Neighbour neighbour) : IClassFixture<HostileTests.Neighbour>, IAsyncLifetime
{
    private const string Secret = "canary-5d1c9";

    private readonly List<IRunningProcess> _started = [];
    private TestRunner _test = null!;
    private IRunningProcess _other = null!;

    public async ValueTask InitializeAsync() => (_test, _other) = await neighbour.Get();

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_started.Select(process => process.Stop()));
        if (_other is not null)
        {
            // Whatever was tried, the other version answers.
            Assert.Equal("[7]", (await _other.Predict("[7]")).ToString());
        }
    }

    [Fact]
    public async Task Files_and_sockets_of_others_are_not_there()
    {
        var process = await Start();
        await File.WriteAllTextAsync(Path.Combine(_test.Directory, "secret"), Secret);
        var socket = Directory.GetFiles(_test.RunDirectory, "*.sock");

        foreach (var path in (string[])[Path.Combine(_test.Directory, "secret"), "/etc/shadow", "/etc/passwd", Path.Combine(_test.Directory, "package-1", "weights"), "/root/.bashrc"])
        {
            Assert.Equal("FileNotFoundError 2", await Try(process, "read", path));
        }

        Assert.Equal("FileNotFoundError 2", await Try(process, "list", _test.RunDirectory));
        Assert.Equal("FileNotFoundError 2", await Try(process, "list", _test.Directory));
        Assert.True(socket.Length >= 2);
        foreach (var path in socket)
        {
            Assert.Equal("FileNotFoundError 2", await Try(process, "connect_unix", path));
            Assert.Equal("FileNotFoundError 2", await Try(process, "remove", path));
            Assert.Equal("FileNotFoundError 2", await Try(process, "link", path));
        }
    }

    [Fact]
    public async Task Nothing_but_tmp_can_be_written()
    {
        var process = await Start();

        Assert.Equal("done: ['/dev/shm', '/tmp']", await Try(process, "writable"));
        foreach (var path in (string[])["/package/model.py", "/registry/serve.py", "/usr/bin/python3", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger"])
        {
            Assert.Matches("^(OSError 30|PermissionError 13|FileNotFoundError 2)$", await Try(process, "write", path));
        }
    }

    [Fact]
    public async Task There_is_no_network()
    {
        using TcpListener registry = new(IPAddress.Loopback, 0);
        registry.Start();
        var port = ((IPEndPoint)registry.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var process = await Start();

        Assert.Equal("done: ['lo']", await Try(process, "interfaces"));
        Assert.Matches("^(ConnectionRefusedError 111|OSError 101)$", await Try(process, "connect", "127.0.0.1", port));
        Assert.Equal("OSError 101", await Try(process, "connect", "169.254.169.254", "80"));
        Assert.Equal("OSError 101", await Try(process, "connect", "1.1.1.1", "53"));
        Assert.StartsWith("gaierror", await Try(process, "resolve", "example.com"), StringComparison.Ordinal);
        Assert.False(registry.Pending());
    }

    [Fact]
    public async Task X6_No_secret_variable_or_descriptor_of_the_host_is_inherited()
    {
        var process = await Start();

        Assert.Equal("done: []", await Try(process, "seen", Secret));
        Assert.Equal("done: []", await Try(process, "seen", _test.Directory));
        // Its log is a pipe; serve.py has a selector.
        Assert.Equal("done: ['/dev/null', 'anon_inode', 'pipe', 'socket']", await Try(process, "descriptors"));
    }

    [Fact]
    public async Task Processes_of_the_host_are_out_of_reach()
    {
        var process = await Start();
        var host = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

        // Of the sandbox: bubblewrap's own, and the server.
        Assert.Equal("done: [1, 2]", await Try(process, "processes"));
        Assert.Equal("ProcessLookupError 3", await Try(process, "kill", host));
        Assert.Equal("ProcessLookupError 3", await Try(process, "ptrace", host));
    }

    [Fact]
    public async Task There_are_no_privileges_and_none_can_be_had()
    {
        var process = await Start();

        Assert.Equal($"done: ['{string.Join("', '", Enumerable.Repeat("0000000000000000", 5))}']", await Try(process, "capabilities"));
        Assert.Equal("done: ['1']", await Try(process, "no_new_privileges"));
        Assert.Equal("done: ['0', '0']", await Try(process, "limits"));
        Assert.NotEqual("done: 0", await Try(process, "user"));
        Assert.Equal("OSError 22", await Try(process, "set_user"));
        Assert.Equal("PermissionError 1", await Try(process, "mount"));
        Assert.Equal("PermissionError 1", await Try(process, "remount"));
        Assert.Equal("done: unshare: unshare failed: No space left on device", await Try(process, "user_namespace"));
    }

    [Fact]
    public async Task A_fork_bomb_ends_at_its_number_of_processes()
    {
        var process = await Start();

        Assert.Equal("BlockingIOError 11", await Try(process, "fork_bomb"));
        Assert.Equal("RuntimeError", await Try(process, "threads"));
        Assert.Equal("[7]", (await _other.Predict("[7]")).ToString());
    }

    [Theory]
    [InlineData("allocate")]
    [InlineData("fill", "/tmp", "1000000")]
    [InlineData("fill", "/tmp", "0")]
    [InlineData("fill", "/dev/shm", "100000")]
    public async Task X7_Memory_and_files_above_the_instance_type_are_the_end(params string[] attack)
    {
        var process = await Start(new ProcessResources(128, 1, 64));
        var answer = Try(process, attack);

        var exit = await process.Exited;

        Assert.Equal((ExitCause.OutOfMemory, (int?)9), (exit.Cause, exit.Signal));
        Assert.Equal("The process was killed: it used more memory than its 128 MiB.", exit.Message);
        await Task.WhenAny(answer);
    }

    [Fact]
    public async Task X3_Nothing_goes_on_after_a_stop()
    {
        var marker = $"98{Random.Shared.Next(10_000, 99_999)}.5";
        var process = await Start();
        Assert.Equal("done: begun", await Try(process, "stay", marker));
        Assert.True(Sleeps(marker));
        var began = Stopwatch.StartNew();

        var exit = await process.Stop();

        Assert.Equal(ExitCause.Stopped, exit.Cause);
        Assert.False(Sleeps(marker));
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(11), $"It took {began.Elapsed}.");
    }

    [Fact]
    public async Task X3_What_ignores_SIGTERM_is_killed_in_time()
    {
        await using var test = await TestRunner.Create(new RuntimeOptions { StopSeconds = 1 });
        var process = await test.Ready(
            test.Package(("server.py", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + Server("b'HTTP/1.1 204 OK\\r\\n\\r\\n'"))),
            spec => spec with { Command = ["python3", "server.py"] });
        var began = Stopwatch.StartNew();

        var exit = await process.Stop();

        Assert.Equal((ExitCause.Stopped, (int?)9), (exit.Cause, exit.Signal));
        // Clocks differ by milliseconds.
        Assert.InRange(began.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task X9_Ten_megabytes_of_log_a_second_stay_within_the_ring()
    {
        var (process, log) = _test.Start(PackageDirectory);
        _started.Add(process);
        Assert.True(await process.Ready);

        Assert.Equal("done: all", await Try(process, "shout", "40"));

        var lines = log.Tail(int.MaxValue);
        // Each line takes 64 bytes more than its text.
        Assert.InRange(lines.Sum(line => line.Text.Length + 64L), 9_000_000, 10 * 1024 * 1024);
    }

    [Fact]
    public async Task X15_LD_PRELOAD_acts_inside_the_sandbox_only()
    {
        var process = await _test.Ready(
            PackageDirectory, spec => spec with { Variables = new Dictionary<string, string> { ["LD_PRELOAD"] = "/package/evil.so" } });

        // The programs that make the sandbox have no variables at all.
        var makers = Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _))
            .Where(path => Quiet(() => File.ReadAllText($"{path}/comm")).Trim() == "bwrap")
            .Select(path => Quiet(() => File.ReadAllText($"{path}/environ")))
            .ToList();
        Assert.NotEmpty(makers);
        Assert.DoesNotContain(makers, variables => variables.Contains("evil.so", StringComparison.Ordinal));
        Assert.Equal("done: ['lo']", await Try(process, "interfaces"));
    }

    [Theory]
    [InlineData("b'garbage\\r\\n\\r\\n'")]
    [InlineData("b'HTTP/1.1 200 OK\\r\\n' + b'X-A: ' + b'a' * 65000 + b'\\r\\n' * 2")]
    [InlineData("b'HTTP/1.1 100 Continue\\r\\n\\r\\n' * 50")]
    [InlineData("b'HTTP/1.1 302 Found\\r\\nLocation: http://169.254.169.254/\\r\\n\\r\\n'")]
    [InlineData("b''")]
    public async Task X1_An_answer_that_is_no_health_is_none(string answer)
    {
        var (process, _) = _test.Start(
            _test.Package(("server.py", Server(answer))),
            spec => spec with { Command = ["python3", "server.py"], StartupTimeout = TimeSpan.FromSeconds(2) });

        Assert.False(await process.Ready);
        Assert.Equal(ExitCause.NotReady, (await process.Exited).Cause);
    }

    [Fact]
    public async Task Headers_of_a_health_answer_change_nothing()
    {
        var process = await _test.Ready(
            _test.Package(("server.py", Server("b'HTTP/1.1 204 OK\\r\\nSet-Cookie: a=b\\r\\nAlt-Svc: h3=\":1\"\\r\\n\\r\\n'"))),
            spec => spec with { Command = ["python3", "server.py"] });

        Assert.Equal(ExitCause.Stopped, (await process.Stop()).Cause);
    }

    private static string PackageDirectory => Path.Combine(AppContext.BaseDirectory, "Packages", "hostile");

    private async Task<IRunningProcess> Start(ProcessResources? resources = null)
    {
        var process = await _test.Ready(PackageDirectory, spec => spec with { Resources = resources ?? ProcessResources.Default });
        _started.Add(process);
        return process;
    }

    private static async Task<string> Try(IRunningProcess process, params string[] attack) =>
        (await process.Predict(JsonSerializer.Serialize(attack)))[0].GetString()!;

    private static string Server(string answer) => $"""
        import os, socket, time
        listener = socket.socket(fileno=int(os.environ["REGISTRY_SOCKET_FD"]))
        while True:
            connection, _ = listener.accept()
            connection.recv(65536)
            try:
                connection.sendall({answer})
            except OSError:
                pass
            connection.close()
        """;

    /// <summary>A runner with another version, for all tests.</summary>
    public sealed class Neighbour : IAsyncLifetime
    {
        private readonly SemaphoreSlim _turn = new(1);
        private TestRunner? _test;
        private IRunningProcess? _process;

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            _turn.Dispose();
            if (_test is not null)
            {
                await _test.DisposeAsync();
            }
        }

        internal async Task<(TestRunner Test, IRunningProcess Process)> Get()
        {
            await _turn.WaitAsync();
            try
            {
                Environment.SetEnvironmentVariable("REGISTRY_TEST_CANARY", Secret);
                _test ??= await TestRunner.Create();
                _process ??= await _test.Ready(
                    _test.Package(("model.py", "class Model:\n    def predict(self, inputs):\n        return inputs\n"), ("weights", Secret)));
                return (_test, _process);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    private static bool Sleeps(string marker) => Directory.GetDirectories("/proc").Any(path => Quiet(() => File.ReadAllText($"{path}/cmdline")) == $"sleep\0{marker}\0");

    private static string Quiet(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
