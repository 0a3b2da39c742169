using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>
/// Requests whose end two servers could see in different places (RFC 9112, section 11.2). Each is followed by one that a proxy before the
/// gateway, or the model's server behind it, might take for the next: it is never answered, and never forwarded.
/// </summary>
[Collection(OnSqlite.Name)]
public sealed class SmugglingTests(SqliteServer server)
{
    private const string Zero = "0\r\n\r\n";

    private readonly RegistryDriver _registry = server.Driver;

    public static TheoryData<string, string> Ambiguous => new()
    {
        { "Content-Length: 5\r\nTransfer-Encoding: chunked", Zero },
        { "Transfer-Encoding: chunked\r\nContent-Length: 5", Zero },
        { "Content-Length: 2\r\nContent-Length: 3", "{} " },
        { "Content-Length: 2\r\nContent-Length: 2", "{}" },
        { "Content-Length: 2, 2", "{}" },
        { "Content-Length: -2", "{}" },
        { "Content-Length: 0x2", "{}" },
        { "Content-Length: 2 2", "{}" },
        { "Content-Length: 99999999999999999999", "{}" },
        { "Content-Length:", "" },
        { "Content-Length : 2", "{}" },
        { "Content-Length\t: 2", "{}" },
        { " Content-Length: 2", "{}" },
        { "X: y\r\n Content-Length: 2", "{}" },
        { "X: y\r\n\tTransfer-Encoding: chunked", Zero },
        { "X: y\nTransfer-Encoding: chunked", Zero },
        { "X: y\rTransfer-Encoding: chunked", Zero },
        { "X: y\0\r\nTransfer-Encoding: chunked", Zero },
        { "Transfer-Encoding : chunked", Zero },
        { "Transfer-Encoding: xchunked", Zero },
        { "Transfer-Encoding: \u000bchunked", Zero },
        { "Transfer-Encoding: chunked\0", Zero },
        { "Transfer-Encoding: identity", Zero },
        { "Transfer-Encoding: gzip", Zero },
        { "Transfer-Encoding: chunked, identity", Zero },
        { "Transfer-Encoding: identity, chunked", Zero },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", Zero },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Zero },
        { "Transfer-Encoding: chunked", "0x0\r\n\r\n" },
        { "Transfer-Encoding: chunked", "-0\r\n\r\n" },
        { "Transfer-Encoding: chunked", "2\n{}\n0\n\n" },
        { "Transfer-Encoding: chunked", "2\r\n{}X\r\n0\r\n\r\n" },
        { "Transfer-Encoding: chunked", "100000000000000002\r\n{}\r\n0\r\n\r\n" },
        { "Transfer-Encoding: chunked", "2;a\n{}\r\n0\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public async Task A_request_without_a_clear_end_is_400_and_the_connection_is_closed(string headers, string body)
    {
        var calls = 0;
        await using var backend = await Backend.Start(async http =>
        {
            if (http.Request.Path == "/smuggled")
            {
                Interlocked.Increment(ref calls);
            }

            await http.Request.Body.CopyToAsync(Stream.Null);
            await http.Response.WriteAsync("taken");
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        foreach (var path in (string[])["/v1/model_versions", $"/v1/models/{RegistryDriver.InPath(name)}/predict"])
        {
            var key = RegistryServer.OperatorKey;
            var next = $"POST /v1/models/{RegistryDriver.InPath(name)}/predict/smuggled HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 0\r\n\r\n";

            var answer = await Exchange($"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{headers}\r\n\r\n{body}{next}");

            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Equal(1, answer.Split("HTTP/1.1 ").Length - 1);
        }

        Assert.Equal(0, calls);
    }

    // Reads to the end: it returns only when the server closes the connection.
    private async Task<string> Exchange(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        await reader.BaseStream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
