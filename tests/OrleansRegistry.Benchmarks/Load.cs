using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// Sends one request again and again over a number of connections, and counts the answers. It speaks bytes, so that little of the machine
/// goes to the load itself.
/// </summary>
/// <param name="server">Who is asked.</param>
/// <param name="head">The request line.</param>
/// <param name="body">The body; empty for none.</param>
internal sealed class Load(Uri server, string head, string body)
{
    public const int Ok = 200;

    private const int Connections = 32;

    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] ContentLength = "\r\ncontent-length: "u8.ToArray();

    private readonly byte[] _request = Request(server, ServerProcess.Key, head, body);

    /// <summary>A request in bytes.</summary>
    public static byte[] Request(Uri server, string key, string head, string body) => Encoding.ASCII.GetBytes(
        $"{head} HTTP/1.1\r\nHost: {server.Authority}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    /// <summary>Runs for a while; answers how many requests a second were answered with 200.</summary>
    public async Task<double> Run(TimeSpan duration)
    {
        var begun = Stopwatch.GetTimestamp();
        var counting = Enumerable.Range(0, Connections).Select(_ => Task.Run(() => Count(begun, duration))).ToList();
        var counts = await Task.WhenAll(counting);
        return counts.Sum() / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private async Task<long> Count(long begun, TimeSpan duration)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        var buffer = new byte[8192];
        var count = 0L;
        while (Stopwatch.GetElapsedTime(begun) < duration)
        {
            if (await Exchange(socket, _request, buffer) is not Ok and var status)
            {
                throw new InvalidOperationException($"The server answered {status}.");
            }

            count++;
        }

        return count;
    }

    /// <summary>Sends a request and waits for the whole answer; its status.</summary>
    public static async Task<int> Exchange(Socket socket, byte[] request, byte[] buffer)
    {
        await socket.SendAsync(request);
        var filled = 0;
        int length;
        while ((length = Length(buffer.AsSpan(0, filled))) < 0 || filled < length)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(filled));
            filled += count > 0 ? count : throw new IOException("The server hung up.");
        }

        return int.Parse(buffer.AsSpan("HTTP/1.1 ".Length, 3), null);
    }

    /// <summary>How long the answer is, or -1 while its head isn't complete.</summary>
    private static int Length(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf(EndOfHead);
        if (end < 0)
        {
            return -1;
        }

        Span<byte> head = stackalloc byte[end];
        System.Text.Ascii.ToLower(answer[..end], head, out _);
        var at = head.IndexOf(ContentLength);
        if (at >= 0)
        {
            var digits = head[(at + ContentLength.Length)..];
            var line = digits.IndexOf((byte)'\r');
            return end + EndOfHead.Length + int.Parse(line < 0 ? digits : digits[..line], null);
        }

        // Chunked: complete with the last chunk.
        return answer.EndsWith("0\r\n\r\n"u8) ? answer.Length : -1;
    }
}
