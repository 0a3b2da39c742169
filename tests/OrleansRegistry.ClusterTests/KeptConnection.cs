using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// A caller over HTTP/1.1 that keeps its connection, and sends nothing a second time. (The platform's client sends again
/// by itself what a kept connection did not take.)
/// </summary>
internal sealed class KeptConnection(int port) : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private TcpClient? _connection;

    /// <summary>Posts an empty object, and answers the status.</summary>
    /// <exception cref="IOException">The connection has ended before the answer had.</exception>
    public async Task<int> Post(string path)
    {
        if (_connection is null)
        {
            _connection = new TcpClient();
            await _connection.ConnectAsync(IPAddress.Loopback, port);
        }

        var stream = _connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {NodeSettings.OperatorKey}\r\nContent-Length: 2\r\n\r\n{{}}"));
        var (length, whole) = (0, int.MaxValue);
        var head = "";
        while (length < whole)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(length));
            if (read == 0)
            {
                throw new IOException($"The connection was closed after {length} bytes of an answer.");
            }

            length += read;
            var text = Encoding.Latin1.GetString(_buffer, 0, length);
            if (whole == int.MaxValue && text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
            {
                head = text[..end];
                whole = end + 4 + int.Parse(Field(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture);
            }
        }

        if (Field(head, "Connection") == "close")
        {
            Dispose();
        }

        return int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private static string? Field(string head, string name) =>
        head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
