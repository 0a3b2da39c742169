using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// Sends requests at a fixed pace over a number of connections, whatever the answers take, until the time is over. A
/// latency counts from the moment at which the request was due; that of one which was not sent by the end, up to there.
/// </summary>
/// <param name="server">Who is asked.</param>
/// <param name="perSecond">How many requests, over all connections.</param>
/// <param name="connections">How many connections.</param>
/// <param name="request">The request with a number that no other one has, in bytes.</param>
internal sealed class Paced(Uri server, int perSecond, int connections, Func<int, byte[]> request)
{
    private const int Refused = 429;

    private int _sent;

    /// <summary>The address that the requests come from.</summary>
    public IPAddress From { get; init; } = IPAddress.Loopback;

    /// <summary>Runs for a while.</summary>
    public async Task<Latencies> Run(TimeSpan duration)
    {
        var begun = Stopwatch.GetTimestamp();
        return Latencies.Of(await Task.WhenAll(Enumerable.Range(0, connections).Select(n => Task.Run(() => Send(n, begun, duration)))));
    }

    private async Task<Latencies> Send(int n, long begun, TimeSpan duration)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(From, 0));
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        var buffer = new byte[16_384];
        List<double> milliseconds = [];
        var refused = 0;
        var interval = TimeSpan.FromSeconds((double)connections / perSecond);
        for (var due = interval * n / connections; due < duration; due += interval)
        {
            if (due - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } early)
            {
                await Task.Delay(early);
            }

            if (Stopwatch.GetElapsedTime(begun) is var late && late >= duration)
            {
                milliseconds.Add((late - due).TotalMilliseconds);
                continue;
            }

            // A timer that fires late is the load's affair, not the server's.
            var sentAt = Stopwatch.GetElapsedTime(begun);
            var from = sentAt - due < TimeSpan.FromMilliseconds(2) ? sentAt : due;
            refused += await Load.Exchange(socket, request(Interlocked.Increment(ref _sent)), buffer) == Refused ? 1 : 0;
            milliseconds.Add((Stopwatch.GetElapsedTime(begun) - from).TotalMilliseconds);
        }

        return new Latencies(milliseconds, refused);
    }
}

/// <summary>What a number of requests took.</summary>
internal sealed record Latencies(List<double> Milliseconds, int Refused)
{
    public int Count => Milliseconds.Count;

    public double At(double quantile) => Milliseconds[(int)(quantile * (Milliseconds.Count - 1))];

    public static Latencies Of(IEnumerable<Latencies> parts) => new([.. parts.SelectMany(part => part.Milliseconds).Order()], parts.Sum(part => part.Refused));
}

/// <summary>What a caller notices of others: phases alone, and phases beside them.</summary>
internal sealed class Pairs
{
    private readonly List<(Latencies Alone, Latencies Beside)> _pairs = [];

    /// <summary>How many requests of the caller were refused.</summary>
    public int Refused => _pairs.Sum(pair => pair.Alone.Refused + pair.Beside.Refused);

    public void Add(Latencies alone, Latencies beside) => _pairs.Add((alone, beside));

    /// <summary>Prints a quantile, alone and beside, and where there is a bound, whether the median of the ratios is within it.</summary>
    public void Print(string what, double quantile, double? bound = null)
    {
        var ratios = _pairs.Select(pair => pair.Beside.At(quantile) / pair.Alone.At(quantile)).Order().ToList();
        var verdict = bound is { } most ? string.Create(CultureInfo.InvariantCulture, $"; at most {most:F2}: {(Median(ratios) <= most ? "met" : "not met")}") : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what} p{quantile * 100:F0}: alone {Median(_pairs.Select(pair => pair.Alone.At(quantile))):F2} ms, beside {Median(_pairs.Select(pair => pair.Beside.At(quantile))):F2} ms, ratio {Median(ratios):F2} ({ratios[0]:F2} to {ratios[^1]:F2}){verdict}"));
    }

    private double Median(IEnumerable<double> values) => values.Order().ElementAt(_pairs.Count / 2);
}
