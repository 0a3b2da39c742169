using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>A version whose three servers are processes, which die and are started anew while it is called.</summary>
[Trait("Speed", "Slow")]
[Collection(OnSqlite.Name)]
public sealed class ServerProcessTests(SqliteServer server) : IAsyncLifetime
{
    private const int Callers = 32;
    private const string Flower = """{"instances":[[5.1,3.5,1.4,0.2]]}""";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(1);
    private static readonly string Executable = Path.GetFullPath(
        typeof(ServerProcessTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "SampleModelServer").Value!,
        AppContext.BaseDirectory);

    private readonly RegistryDriver _registry = server.Driver;
    private readonly string[] _addresses = [.. Enumerable.Range(0, 3).Select(_ => $"http://127.0.0.1:{RegistryProcess.FreePort()}")];
    private RegistryProcess[] _processes = [];

    public async ValueTask InitializeAsync() => _processes = await Task.WhenAll(_addresses.Select(Start));

    public ValueTask DisposeAsync()
    {
        Array.ForEach(_processes, process => process.Dispose());
        return default;
    }

    [Fact]
    public async Task SV6_killing_one_of_three_servers_under_many_callers_fails_no_call_that_begins_after_it()
    {
        var path = await Deploy(isRepeatable: false);
        ConcurrentQueue<(long Began, Reply Answer)> calls = [];
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(CallOnAndOn)).ToList();
        await Until(calls.Count + (10 * Callers));

        await _processes[1].Kill();

        var killed = Stopwatch.GetTimestamp();
        await Until(calls.Count + (30 * Callers));
        await stop.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(WaitTimeout);
        Assert.All(calls.Where(call => call.Began > killed), call => call.Answer.Is(200));
        var failed = calls.Where(call => call.Answer.Status != 200).ToList();
        Assert.True(failed.Count <= Callers, $"{failed.Count} calls were at one of three servers.");
        Assert.All(failed, call => Assert.Equal("true", call.Answer.IsProblem(502, ErrorCode.BackendUnreachable)["sent"]));
        // The gateway has noticed: by calls that broke, or by one that was refused and went elsewhere.
        Assert.Contains(calls, call => call.Answer.Status != 200 || call.Answer.Header("Model-Attempts") == "2");

        async Task CallOnAndOn()
        {
            while (!stop.IsCancellationRequested)
            {
                var began = Stopwatch.GetTimestamp();
                calls.Enqueue((began, await _registry.Post(path, Flower)));
            }
        }

        async Task Until(int count)
        {
            while (calls.Count < count)
            {
                Assert.DoesNotContain(callers, caller => caller.IsFaulted);
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task SV6_a_rolling_restart_of_three_servers_at_fifty_calls_a_second_fails_none()
    {
        var path = await Deploy(isRepeatable: true);
        using var stop = new CancellationTokenSource();
        var calling = Task.Run(CallFiftyTimesASecond);

        for (var i = 0; i < _processes.Length; i++)
        {
            using (var old = _processes[i])
            {
                await old.Signal("TERM");
                Assert.Equal(0, await old.WaitForExit());
            }

            _processes[i] = await Start(_addresses[i]);
        }

        await stop.CancelAsync();
        var answers = await Task.WhenAll(await calling).WaitAsync(WaitTimeout);
        Assert.All(answers, answer => answer.Is(200));
        Assert.Contains(answers, answer => answer.Header("Model-Attempts") == "2");

        async Task<List<Task<Reply>>> CallFiftyTimesASecond()
        {
            List<Task<Reply>> calls = [];
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (!stop.IsCancellationRequested)
            {
                calls.Add(_registry.Post(path, Flower));
                await timer.WaitForNextTickAsync();
            }

            return calls;
        }
    }

    private static async Task<RegistryProcess> Start(string address)
    {
        var settings = new NodeSettings { DataDirectory = Path.GetTempPath(), Executable = Executable, Arguments = [$"--urls={address}"] };
        var (process, client) = await RegistryProcess.Start(settings);
        client.Dispose();
        return process;
    }

    private async Task<string> Deploy(bool isRepeatable)
    {
        var serving = Backend.Serving(isRepeatable, _addresses.Select(address => address + "/predict"));
        return $"/v1/model_versions/{(await _registry.DeployPrimary(RegistryDriver.NewName(), serving))["id"]}/predict";
    }
}
