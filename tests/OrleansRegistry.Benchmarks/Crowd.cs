using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What a caller notices of 10,100 strangers who connect and say nothing, and of a key that tries to open 10,000 streams of events, under the limits
/// that are the default; and whether health answers meanwhile.
/// </summary>
internal static class Crowd
{
    private const int Strangers = 10_100;
    private const int Tries = 10_000;
    private const int StreamsPerKey = 100;
    private const int QuietPerSecond = 100;
    private const int Rounds = 5;
    private const double Bound = 2;

    // So that both come evenly: what is measured is what they hold, not how fast this machine makes them.
    private const int AtOnce = 12;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(10);
    private static readonly IPAddress StreamsFrom = IPAddress.Parse("127.0.0.10");

    /// <summary>Runs the comparison and prints it.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            var health = ServerProcess.FreePort();
            await using var registry = await ServerProcess.Registry(data.FullName, null, $"--Registry:HealthPort={health}");
            var server = registry.Address;
            var (otherKey, _) = await TwoWorkspaces.Make(server);
            var request = Load.Request(server, ServerProcess.Key, "GET /v1/models/iris/resolve", "");
            var quiet = new Paced(server, QuietPerSecond, connections: 10, _ => request);
            await quiet.Run(Phase);

            var pairs = new Pairs();
            var (streams, probes) = (0, new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                var alone = await quiet.Run(Phase);
                var beside = await RunBeside(quiet, server, otherKey, new Uri($"http://127.0.0.1:{health}/health/live"));
                pairs.Add(alone, beside.Latencies);
                streams = Math.Max(streams, beside.Streams);
                probes.AddRange(beside.Probes);
            }

            Console.WriteLine($"{Strangers} idle strangers from 8 addresses, {Tries} tries for streams by one key; {QuietPerSecond} resolves/s of another; {Rounds} pairs of {Phase.TotalSeconds} s + {Phase.TotalSeconds} s");
            pairs.Print("resolve", 0.50);
            pairs.Print("resolve", 0.99, Bound);
            Console.WriteLine($"refused of the other key's: {pairs.Refused}: {(pairs.Refused == 0 ? "met" : "not met")}");
            Console.WriteLine($"streams that the key had open: {streams}, at most {StreamsPerKey}: {(streams <= StreamsPerKey ? "met" : "not met")}");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"health: {probes.Count} probes, slowest {probes.Max():F0} ms, unanswered {probes.Count(double.IsPositiveInfinity)}: {(probes.TrueForAll(double.IsFinite) ? "met" : "not met")}"));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task<(Latencies Latencies, int Streams, List<double> Probes)> RunBeside(Paced quiet, Uri server, string otherKey, Uri health)
    {
        var caller = quiet.Run(Phase);
        var probes = Probe(health, caller);
        var streams = OpenStreams(server, otherKey, caller);
        await Idle(server, caller);
        return (await caller, await streams, await probes);
    }

    /// <summary>Connects and says nothing, until a task is done.</summary>
    private static async Task Idle(Uri server, Task until)
    {
        List<Socket> open = [];
        using var pace = new PeriodicTimer(Interval);
        for (var i = 0; i < Strangers && !until.IsCompleted; i++)
        {
            if (i % AtOnce == 0)
            {
                await pace.WaitForNextTickAsync();
            }

            open.Add(await Connect(server, IPAddress.Parse($"127.0.0.{2 + (i % 8)}")));
        }

        await until;
        open.ForEach(socket => socket.Dispose());
    }

    /// <summary>Tries to open streams; how many there were at most.</summary>
    private static async Task<int> OpenStreams(Uri server, string key, Task until)
    {
        var request = Encoding.ASCII.GetBytes(
            $"GET /v1/events HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n");
        var buffer = new byte[4096];
        List<Socket> open = [];
        using var pace = new PeriodicTimer(Interval);
        for (var i = 0; i < Tries && !until.IsCompleted; i++)
        {
            if (i % AtOnce == 0)
            {
                await pace.WaitForNextTickAsync();
            }

            var socket = await Connect(server, StreamsFrom);
            await socket.SendAsync(request);
            var length = await socket.ReceiveAsync(buffer);
            if (Encoding.ASCII.GetString(buffer, 0, length).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
            {
                open.Add(socket);
            }
            else
            {
                socket.Dispose();
            }
        }

        await until;
        open.ForEach(socket => socket.Dispose());
        return open.Count;
    }

    /// <summary>Asks for health twice a second, each time by a new connection as probes do; how many milliseconds the answers took.</summary>
    private static async Task<List<double>> Probe(Uri health, Task until)
    {
        List<double> milliseconds = [];
        using var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero };
        using var client = new HttpClient(handler, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(5) };
        while (!until.IsCompleted)
        {
            var begun = Stopwatch.GetTimestamp();
            try
            {
                (await client.GetAsync(health)).EnsureSuccessStatusCode().Dispose();
                milliseconds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                milliseconds.Add(double.PositiveInfinity);
            }

            await Task.Delay(500);
        }

        return milliseconds;
    }

    private static async Task<Socket> Connect(Uri server, IPAddress from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        return socket;
    }
}
