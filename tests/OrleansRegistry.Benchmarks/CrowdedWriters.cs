using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What a deployment takes on SQLite, alone and beside 400 connections of another workspace that deploy as fast as they are answered. Phases
/// alone and beside them alternate; the figure is the median of the pairs' ratios.
/// </summary>
internal static class CrowdedWriters
{
    private const int Crowd = 400;
    private const int ConnectionsPerKey = 50;
    private const int Pairs = 5;
    private const int Created = 201;
    private const double MaxRatio = 3;

    // Short enough for a model of each phase to stay below the active versions that it may have.
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(5);

    /// <summary>Runs the comparison and prints it.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var registry = await ServerProcess.Registry(data.FullName, requestsPerSecond: 0);
            var (otherKey, _) = await TwoWorkspaces.Make(registry.Address);
            var keys = await MakeKeys(registry.Address, otherKey);
            // What is measured first would pay for compiling.
            await Both("warm");

            List<(double Alone, double Beside)> pairs = [];
            var crowded = 0;
            for (var pair = 0; pair < Pairs; pair++)
            {
                var alone = await Deploy($"alone {pair}", ServerProcess.Key);
                var (beside, others) = await Both($"beside {pair}");
                crowded += others;
                pairs.Add((Median(alone), Median(beside)));
            }

            var ratio = Median(pairs.Select(pair => pair.Beside / pair.Alone));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"deployment beside {Crowd} deploying connections of another workspace ({crowded / (Pairs * Phase.TotalSeconds):F0}/s), p50: alone {Median(pairs.Select(pair => pair.Alone)):F1} ms, beside {Median(pairs.Select(pair => pair.Beside)):F1} ms, ratio {ratio:F2}, at most {MaxRatio}: {(ratio <= MaxRatio ? "met" : "not met")}"));

            async Task<(List<double> Quiet, int Others)> Both(string name)
            {
                var others = Enumerable.Range(0, Crowd).Select(n => Task.Run(() => Deploy($"crowd {n}", keys[n / ConnectionsPerKey]))).ToList();
                var quiet = await Deploy(name, ServerProcess.Key);
                return (quiet, (await Task.WhenAll(others)).Sum(latencies => latencies.Count));
            }

            Task<List<double>> Deploy(string name, string key) => Send(
                registry.Address, Load.Request(registry.Address, key, "POST /v1/model_versions", new JsonObject { ["model_name"] = name }.ToJsonString()));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>Keys of the other workspace: one alone may not have so many commands open.</summary>
    private static async Task<List<string>> MakeKeys(Uri registry, string admin)
    {
        using var client = new HttpClient { BaseAddress = registry };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin);
        List<string> keys = [];
        while (keys.Count < Crowd / ConnectionsPerKey)
        {
            using var answer = await client.PostAsJsonAsync("/v1/api_keys", new JsonObject { ["name"] = "crowd", ["role"] = "deployer" });
            answer.EnsureSuccessStatusCode();
            keys.Add((string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["key"]!);
        }

        return keys;
    }

    /// <summary>Sends a request again and again; how long each answer took, in milliseconds.</summary>
    private static async Task<List<double>> Send(Uri server, byte[] request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        var buffer = new byte[8192];
        List<double> milliseconds = [];
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < Phase)
        {
            var sent = Stopwatch.GetTimestamp();
            if (await Load.Exchange(socket, request, buffer) is not Created and var status)
            {
                throw new InvalidOperationException($"The server answered {status}.");
            }

            milliseconds.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        return milliseconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return sorted[sorted.Count / 2];
    }
}
