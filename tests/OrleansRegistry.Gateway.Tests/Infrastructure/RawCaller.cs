using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A caller who speaks bytes, each one a character, for what no HTTP client would say.</summary>
internal static class RawCaller
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Sends a request with the operator's key, and reads until the server closes the connection.</summary>
    public static Task<string> Call(RegistryServer server, string line, string headers, string body = "") =>
        Exchange(server, Request(line, "Connection: close\r\n" + headers, body));

    /// <summary>As <see cref="Call"/>, with another <c>Connection</c> header. The server overlooks what one says beside <c>close</c>, so that another
    /// request has to end the connection, whose answer comes behind.</summary>
    public static Task<string> CallNaming(RegistryServer server, string connection, string line, string headers, string body) =>
        Exchange(server, Request(line, $"Connection: {connection}\r\n{headers}", body) + Request("GET /health/live HTTP/1.1", "Connection: close\r\n", ""));

    /// <summary>Sends bytes, and reads until the server closes the connection.</summary>
    public static async Task<string> Exchange(RegistryServer server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        await reader.BaseStream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);
    }

    /// <summary>One whole answer on a connection that stays open: the head, and the body that it announces; what came when the server hangs up first.</summary>
    public static async Task<string> ReadAnswer(Stream connection)
    {
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!IsWhole(answer.ToString()) && await connection.ReadAsync(one, TestContext.Current.CancellationToken) == 1)
        {
            answer.Append((char)one[0]);
        }

        return answer.ToString();
    }

    private static bool IsWhole(string answer)
    {
        var head = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        if (head < 4)
        {
            return false;
        }

        if (answer.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.Ordinal))
        {
            return answer.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
        }

        var length = answer.Split("\r\nContent-Length: ").ElementAtOrDefault(1)?.Split('\r')[0] ?? "0";
        return answer.Length - head >= int.Parse(length, CultureInfo.InvariantCulture);
    }

    private static string Request(string line, string headers, string body) =>
        $"{line}\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n{headers}\r\n{body}";
}
