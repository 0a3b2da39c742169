using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What callers notice when one of a version's three servers is killed: 32 of them call on and on, and their calls of
/// the second behind the kill are compared with those of the second in front of it.
/// </summary>
internal static class ServerLoss
{
    private const int Rounds = 7;
    private const int Callers = 32;
    private const double MaxAddedMilliseconds = 50;
    private const string Body = """{"instances":[[5.1,3.5,1.4,0.2]]}""";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Runs the comparison and prints it.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var registry = await ServerProcess.Registry(data.FullName, requestsPerSecond: 0);
            List<Round> rounds = [];
            // The first one pays for compiling.
            for (var round = 0; round <= Rounds; round++)
            {
                rounds.Add(await LoseOne(registry.Address, $"model {round}"));
            }

            Print(rounds[1..]);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static void Print(List<Round> rounds)
    {
        var added = rounds.Select(round => round.P99After - round.P99Before).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"p99 before {Median(round => round.P99Before):F2} ms, after {Median(round => round.P99After):F2} ms, added {added[Rounds / 2]:F2} ms ({added[0]:F2} to {added[^1]:F2}); at most {MaxAddedMilliseconds} ms: {(added[Rounds / 2] <= MaxAddedMilliseconds ? "met" : "not met")}"));
        Console.WriteLine($"calls after the kill that failed: {rounds.Sum(round => round.LateFailures)} of {rounds.Sum(round => round.Late)}; calls that were at the server: {rounds.Sum(round => round.Failures - round.LateFailures)}");

        double Median(Func<Round, double> value) => rounds.Select(value).Order().ElementAt(Rounds / 2);
    }

    private static async Task<Round> LoseOne(Uri registry, string model)
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ServerProcess.Baseline(Baselines.Hello)));
        await using var first = servers[0];
        await using var third = servers[2];
        await Deploy(registry, model, servers.Select(server => server.Address));
        var request = Load.Request(registry, ServerProcess.Key, $"POST /v1/models/{Uri.EscapeDataString(model)}/predict", Body);
        ConcurrentQueue<Call> calls = [];
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallOnAndOn(registry, request, calls, stop.Token))).ToList();
        // The connections to the servers are there then.
        await Task.Delay(2 * Second);
        var killing = Stopwatch.GetTimestamp();
        await servers[1].DisposeAsync();
        var killed = Stopwatch.GetTimestamp();
        await Task.Delay(Second);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        var late = calls.Where(call => call.Began > killed).ToList();
        return new Round(
            P99(calls.Where(call => call.Began < killing && Stopwatch.GetElapsedTime(call.Began, killing) < Second)),
            P99(calls.Where(call => call.Began >= killing)),
            calls.Count(call => call.Status != Load.Ok),
            late.Count(call => call.Status != Load.Ok),
            late.Count);
    }

    private static async Task CallOnAndOn(Uri registry, byte[] request, ConcurrentQueue<Call> calls, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(registry.Host, registry.Port);
        var buffer = new byte[8192];
        while (!stop.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            var status = await Load.Exchange(socket, request, buffer);
            calls.Enqueue(new Call(began, Stopwatch.GetElapsedTime(began).TotalMilliseconds, status));
        }
    }

    private static double P99(IEnumerable<Call> calls)
    {
        var sorted = calls.Select(call => call.Milliseconds).Order().ToList();
        return sorted[(int)(0.99 * (sorted.Count - 1))];
    }

    private static async Task Deploy(Uri registry, string model, IEnumerable<Uri> servers)
    {
        using var client = new HttpClient { BaseAddress = registry };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ServerProcess.Key);
        using var answer = await client.PostAsJsonAsync("/v1/model_versions", new JsonObject
        {
            ["model_name"] = model,
            ["publish"] = true,
            ["serving"] = new JsonObject
            {
                ["servers"] = new JsonArray([.. servers.Select(server => new JsonObject { ["url"] = new Uri(server, "predict").ToString() })]),
            },
        });
        answer.EnsureSuccessStatusCode();
    }

    private readonly record struct Call(long Began, double Milliseconds, int Status);

    private sealed record Round(double P99Before, double P99After, int Failures, int LateFailures, int Late);
}
