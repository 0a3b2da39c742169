using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansRegistry.Testing;

/// <summary>Where a <see cref="FaultProxy"/> fails. The names say whether the server has got the request.</summary>
public enum Fault
{
    /// <summary>The connection is reset before anything is read.</summary>
    Unread,

    /// <summary>The server gets the beginning of the request.</summary>
    CutRequest,

    /// <summary>The request is read, and the server does not get it.</summary>
    Read,

    /// <summary>The server gets the request, and its answer is swallowed.</summary>
    Swallowed,

    /// <summary>The server gets the request, and its answer never comes.</summary>
    Delayed,

    /// <summary>The answer breaks off within its head.</summary>
    CutHead,

    /// <summary>The answer breaks off within its body.</summary>
    CutBody,

    /// <summary>The answer is reset within its body.</summary>
    ResetBody,

    /// <summary>503 instead of asking the server.</summary>
    Unavailable,

    /// <summary>503 instead of the server's answer.</summary>
    UnavailableAfter,

    /// <summary>502 of some proxy instead of the server's answer.</summary>
    BadGatewayAfter,

    /// <summary>504 of some proxy instead of the server's answer.</summary>
    TimeoutAfter,

    /// <summary>429 instead of asking the server.</summary>
    Limited,
}

/// <summary>
/// A proxy between a client and a server that fails as a test says, at any point of a request or an answer. Each request
/// takes the next fault of the plan; without one it goes through. Each has a connection of its own.
/// </summary>
public sealed partial class FaultProxy : IDisposable
{
    /// <summary>With these the server does what the request says.</summary>
    public static readonly IReadOnlySet<Fault> Forwarded = new HashSet<Fault>
    {
        Fault.Swallowed, Fault.Delayed, Fault.CutHead, Fault.CutBody, Fault.ResetBody, Fault.UnavailableAfter, Fault.BadGatewayAfter, Fault.TimeoutAfter,
    };

    private readonly int _port;
    private readonly Random _dice;
    private readonly Lock _throw = new();
    private readonly Lock _count = new();
    private readonly List<(int Count, TaskCompletionSource Seen)> _awaited = [];
    private int _asked;
    private TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();

    /// <param name="port">The server's port.</param>
    /// <param name="seed">Says where exactly answers break off.</param>
    public FaultProxy(int port, int seed = 0)
    {
        _port = port;
        _dice = new Random(seed);
        _listener.Start();
        _ = Accept();
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>The faults of the next requests; null for none.</summary>
    public ConcurrentQueue<Fault?> Plan { get; } = new();

    /// <summary>The heads of the requests that came, and what became of each.</summary>
    public ConcurrentQueue<(string Head, Fault? Fault)> Seen { get; } = new();

    /// <summary>Waits until the server has answered every request that it got.</summary>
    public Task WhenAnswered()
    {
        lock (_count)
        {
            return _asked == 0 ? Task.CompletedTask : _quiet.Task;
        }
    }

    /// <summary>Waits until so many requests have come.</summary>
    public Task WhenSeen(int count)
    {
        lock (_count)
        {
            if (Seen.Count >= count)
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((count, seen));
            return seen.Task;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task Accept()
    {
        var ended = _ended.Token;
        while (!ended.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(ended);
                _ = Serve(client, ended);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task Serve(Socket client, CancellationToken ended)
    {
        using (client)
        {
            try
            {
                await One(client, ended);
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone, or the test has ended.
            }
        }
    }

    private async Task One(Socket client, CancellationToken ended)
    {
        if (Plan.TryPeek(out var first) && first == Fault.Unread)
        {
            // Not before something has come: until then the client knows that nothing was sent.
            await client.ReceiveAsync(new byte[1], SocketFlags.Peek, ended);
            Plan.TryDequeue(out _);
            See("", Fault.Unread);
            Reset(client);
            return;
        }

        var (head, body) = await ReadRequest(client, ended);
        if (head.Length == 0)
        {
            return;
        }

        Plan.TryDequeue(out var fault);
        See(head, fault);
        switch (fault)
        {
            case Fault.Read:
                Reset(client);
                return;
            case Fault.Unavailable:
                await Answer(client, "503 Service Unavailable", Problem(503, "unavailable"), ended);
                return;
            case Fault.Limited:
                await Answer(client, "429 Too Many Requests", Problem(429, "rate_limited"), ended);
                return;
        }

        byte[] request = [.. Encoding.Latin1.GetBytes(head[..^2] + "Connection: close\r\n\r\n"), .. body];
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(IPAddress.Loopback, _port, ended);
        if (fault == Fault.CutRequest)
        {
            await server.SendAsync(request.AsMemory(0, Dice(1, request.Length)), ended);
            Reset(client);
            return;
        }

        if (fault is not null)
        {
            lock (_count)
            {
                _asked++;
            }
        }

        await server.SendAsync(request, ended);
        if (fault is null)
        {
            await using var from = new NetworkStream(server);
            await using var to = new NetworkStream(client);
            await from.CopyToAsync(to, ended);
            return;
        }

        using var whole = new MemoryStream();
        try
        {
            await using var from = new NetworkStream(server);
            await from.CopyToAsync(whole, ended);
        }
        finally
        {
            Answered();
        }

        await Break(client, fault.Value, whole.ToArray(), ended);
    }

    private async Task Break(Socket client, Fault fault, byte[] answer, CancellationToken ended)
    {
        var endOfHead = answer.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        switch (fault)
        {
            case Fault.Swallowed:
                Reset(client);
                break;
            case Fault.Delayed:
                await Task.Delay(System.Threading.Timeout.Infinite, ended);
                break;
            case Fault.CutHead:
                await client.SendAsync(answer.AsMemory(0, Dice(1, endOfHead)), ended);
                break;
            case Fault.CutBody or Fault.ResetBody:
                await client.SendAsync(answer.AsMemory(0, Dice(endOfHead, answer.Length - 1)), ended);
                if (fault == Fault.ResetBody)
                {
                    Reset(client);
                }

                break;
            case Fault.UnavailableAfter:
                await Answer(client, "503 Service Unavailable", Problem(503, "unavailable"), ended);
                break;
            case Fault.BadGatewayAfter:
                await Answer(client, "502 Bad Gateway", "<html>Bad Gateway</html>", ended, "text/html");
                break;
            default:
                await Answer(client, "504 Gateway Timeout", "<html>Gateway Timeout</html>", ended, "text/html");
                break;
        }
    }

    private void See(string head, Fault? fault)
    {
        lock (_count)
        {
            Seen.Enqueue((head, fault));
            foreach (var (_, seen) in _awaited.Where(awaited => awaited.Count <= Seen.Count))
            {
                seen.TrySetResult();
            }
        }
    }

    private void Answered()
    {
        lock (_count)
        {
            if (--_asked == 0)
            {
                _quiet.SetResult();
                _quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private int Dice(int from, int to)
    {
        lock (_throw)
        {
            return _dice.Next(from, Math.Max(from + 1, to));
        }
    }

    private static async Task<(string Head, byte[] Body)> ReadRequest(Socket client, CancellationToken ended)
    {
        List<byte> data = [];
        var buffer = new byte[65536];
        int end;
        while ((end = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(data).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = await client.ReceiveAsync(buffer, ended);
            if (read == 0)
            {
                return ("", []);
            }

            data.AddRange(buffer.AsSpan(0, read));
        }

        var head = Encoding.Latin1.GetString([.. data], 0, end + 4);
        var length = Length().Match(head) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        while (data.Count < end + 4 + length)
        {
            var read = await client.ReceiveAsync(buffer, ended);
            data.AddRange(buffer.AsSpan(0, read));
            if (read == 0)
            {
                break;
            }
        }

        return (head, [.. data[(end + 4)..]]);
    }

    private static string Problem(int status, string code) =>
        $$"""{"type":"/problems/{{code}}","title":"No","status":{{status}},"detail":"Not now.","code":"{{code}}","trace_id":"0"}""";

    private static async Task Answer(Socket client, string status, string body, CancellationToken ended, string kind = "application/problem+json") =>
        await client.SendAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"),
            ended);

    private static void Reset(Socket client)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    [GeneratedRegex(@"^content-length: *(\d+)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex Length();
}
