using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What a caller notices of another workspace that sends ten times what it may. Both send at a fixed pace, whatever the answers take, and a
/// latency counts from the moment at which the request was due; quiet and noisy phases alternate.
/// </summary>
internal static class NoisyNeighbour
{
    private const int Limit = 200;
    private const int QuietPerSecond = Limit / 2;
    private const int NoisyPerSecond = Limit * 10;
    private const int Pairs = 7;
    private const int Refused = 429;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(10);

    /// <summary>Runs the comparison and prints it.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var registry = await ServerProcess.Registry(data.FullName, Limit);
            var (noisyKey, _) = await TwoWorkspaces.Make(registry.Address);
            var quiet = new Paced(registry.Address, ServerProcess.Key, QuietPerSecond, connections: 10);
            var noisy = new Paced(registry.Address, noisyKey, NoisyPerSecond, connections: 50);
            // What is measured first would pay for compiling.
            await Task.WhenAll(quiet.Run(Phase), noisy.Run(Phase));

            List<(Latencies Alone, Latencies Beside)> pairs = [];
            var refused = 0;
            var sent = 0;
            for (var pair = 0; pair < Pairs; pair++)
            {
                var alone = await quiet.Run(Phase);
                var both = await Task.WhenAll(quiet.Run(Phase), noisy.Run(Phase));
                (refused, sent) = (refused + both[1].Refused, sent + both[1].Count);
                pairs.Add((alone, both[0]));
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"limit {Limit}/s; quiet {QuietPerSecond}/s, noisy {NoisyPerSecond}/s, of which {100.0 * refused / sent:F0} % were refused; {Pairs} pairs of {Phase.TotalSeconds} s + {Phase.TotalSeconds} s"));
            Print("p50", pairs, latencies => latencies.At(0.50));
            Print("p99", pairs, latencies => latencies.At(0.99));
            Console.WriteLine($"refused of the quiet caller's: {pairs.Sum(pair => pair.Alone.Refused + pair.Beside.Refused)}");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static void Print(string what, List<(Latencies Alone, Latencies Beside)> pairs, Func<Latencies, double> at)
    {
        var ratios = pairs.Select(pair => at(pair.Beside) / at(pair.Alone)).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: alone {Median(pairs.Select(pair => at(pair.Alone))):F2} ms, beside {Median(pairs.Select(pair => at(pair.Beside))):F2} ms, ratio {Median(ratios):F2} ({ratios[0]:F2} to {ratios[^1]:F2})"));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Pairs / 2);

    /// <summary>Sends resolves at a fixed pace over a number of connections.</summary>
    private sealed class Paced(Uri server, string key, int perSecond, int connections)
    {
        private readonly byte[] _request = Load.Request(server, key, "GET /v1/models/iris/resolve", "");

        public async Task<Latencies> Run(TimeSpan duration)
        {
            var begun = Stopwatch.GetTimestamp();
            return Latencies.Of(await Task.WhenAll(Enumerable.Range(0, connections).Select(n => Task.Run(() => Send(n, begun, duration)))));
        }

        private async Task<Latencies> Send(int n, long begun, TimeSpan duration)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server.Host, server.Port);
            var buffer = new byte[8192];
            List<double> milliseconds = [];
            var refused = 0;
            var interval = TimeSpan.FromSeconds((double)connections / perSecond);
            for (var due = interval * n / connections; due < duration; due += interval)
            {
                if (due - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early);
                }

                // A timer that fires late is the load's affair, not the server's.
                var sentAt = Stopwatch.GetElapsedTime(begun);
                var from = sentAt - due < TimeSpan.FromMilliseconds(2) ? sentAt : due;
                refused += await Load.Exchange(socket, _request, buffer) == Refused ? 1 : 0;
                milliseconds.Add((Stopwatch.GetElapsedTime(begun) - from).TotalMilliseconds);
            }

            return new Latencies(milliseconds, refused);
        }
    }

    /// <summary>What a number of requests took.</summary>
    private sealed record Latencies(List<double> Milliseconds, int Refused)
    {
        public int Count => Milliseconds.Count;

        public double At(double quantile) => Milliseconds[(int)(quantile * (Milliseconds.Count - 1))];

        public static Latencies Of(IEnumerable<Latencies> parts) =>
            new([.. parts.SelectMany(part => part.Milliseconds).Order()], parts.Sum(part => part.Refused));
    }
}
