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
            var (deployed, refused, refusedOfQuiet) = (0, 0, 0);
            for (var pair = 0; pair < Pairs; pair++)
            {
                var alone = await Deploy($"alone {pair}", ServerProcess.Key);
                var (beside, crowd) = await Both($"beside {pair}");
                pairs.Add((Median(alone.Milliseconds), Median(beside.Milliseconds)));
                deployed += crowd.Sum(other => other.Milliseconds.Count - other.Refused);
                refused += crowd.Sum(other => other.Refused);
                refusedOfQuiet += alone.Refused + beside.Refused;
            }

            var ratio = Median(pairs.Select(pair => pair.Beside / pair.Alone));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"deployments beside {Crowd} deploying connections of another workspace, which made {deployed / (Pairs * Phase.TotalSeconds):F0} a second and were refused {refused}"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"p50: alone {Median(pairs.Select(pair => pair.Alone)):F1} ms, beside {Median(pairs.Select(pair => pair.Beside)):F1} ms, ratio {ratio:F2}, at most {MaxRatio}: {(ratio <= MaxRatio ? "met" : "not met")}"));
            Console.WriteLine($"refused of the quiet caller's: {refusedOfQuiet}");

            async Task<((List<double> Milliseconds, int Refused) Quiet, (List<double> Milliseconds, int Refused)[] Crowd)> Both(string name)
            {
                var crowd = Enumerable.Range(0, Crowd).Select(n => Task.Run(() => Deploy($"crowd {n}", keys[n / ConnectionsPerKey]))).ToList();
                var quiet = await Deploy(name, ServerProcess.Key);
                return (quiet, await Task.WhenAll(crowd));
            }

            Task<(List<double> Milliseconds, int Refused)> Deploy(string name, string key) => Send(
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

    /// <summary>Sends a request again and again; how long each answer took, in milliseconds, and how many were no 201.</summary>
    private static async Task<(List<double> Milliseconds, int Refused)> Send(Uri server, byte[] request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        var buffer = new byte[8192];
        List<double> milliseconds = [];
        var refused = 0;
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < Phase)
        {
            var sent = Stopwatch.GetTimestamp();
            var status = await Load.Exchange(socket, request, buffer);
            milliseconds.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            refused += status == Created ? 0 : 1;
        }

        return (milliseconds, refused);
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return sorted[sorted.Count / 2];
    }
}
