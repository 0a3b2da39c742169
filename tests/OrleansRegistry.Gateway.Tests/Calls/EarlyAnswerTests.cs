using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>A server may answer before it has read the whole request. Its answer is the caller's, not a fault on the way.</summary>
[Collection(OnSqlite.Name)]
public sealed class EarlyAnswerTests(SqliteServer server)
{
    private const int Long = 16 << 20;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    public static TheoryData<string, string> Refusals =>
    [
        .. from status in (string[])["413 Content Too Large", "401 Unauthorized", "429 Too Many Requests", "500 Oops", "302 Found"]
           from then in (string[])["closes", "reads no more", "says 100 first and reads no more"]
           select (status, then),
    ];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_refusal_that_comes_while_the_body_is_being_sent_arrives(string status, string then)
    {
        var interim = then.StartsWith("says", StringComparison.Ordinal) ? "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" : "";
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{interim}HTTP/1.1 {status}\r\nRetry-After: 7\r\nX-Label: own\r\nContent-Length: 3\r\n\r\nwhy"), stop);
            if (then != "closes")
            {
                await Task.Delay(Timeout.Infinite, stop);
            }
        });
        (var id, var path) = await Deploy(backend.Serving);

        // One after the other, so that a connection that was given up would be used again if it could.
        foreach ((var isChunked, var expects) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
        {
            using var answer = await Send(path, isChunked, expects).WaitAsync(WaitTimeout);

            Assert.Equal(int.Parse(status.AsSpan(0, 3), provider: null), (int)answer.StatusCode);
            Assert.Equal("own", Assert.Single(answer.Headers.GetValues("X-Label")));
            Assert.Equal("7", Assert.Single(answer.Headers.GetValues("Retry-After")));
            Assert.Equal("0.1.0", Assert.Single(answer.Headers.GetValues("Model-Version")));
            Assert.Equal("why", await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
        }

        var traffic = await _registry.Get($"/v1/model_versions/{id}/traffic");
        Assert.Equal(("4", status[0] == '5' ? "4" : "0"), (traffic["calls"], traffic["errors"]));
    }

    [Fact]
    public async Task A_refusal_does_not_wait_for_a_caller_who_goes_on_slowly()
    {
        var more = new TaskCompletionSource();
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        (_, var path) = await Deploy(backend.Serving);

        // The caller sends more only after they have read the answer.
        using var client = await Begin(path);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);

        Assert.Equal("HTTP/1.1 401 Unauthorized", await reader.ReadLineAsync().WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task A_server_that_answers_well_before_it_has_read_all_gets_all()
    {
        var received = new TaskCompletionSource<long>();
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"u8.ToArray(), stop);
            var buffer = new byte[1 << 16];
            var length = 0L;
            while (length < Long)
            {
                length += await stream.ReadAsync(buffer, stop);
            }

            received.SetResult(length);
            await stream.WriteAsync("done"u8.ToArray(), stop);
        });
        (_, var path) = await Deploy(backend.Serving);

        using var answer = await Send(path).WaitAsync(WaitTimeout);

        Assert.Equal("done", await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
        Assert.Equal(Long, await received.Task.WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task A_server_that_answers_well_and_closes_before_it_has_read_all_is_heard()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        (_, var path) = await Deploy(backend.Serving);

        using var answer = await Send(path).WaitAsync(WaitTimeout);

        Assert.Equal((HttpStatusCode.OK, "done"), (answer.StatusCode, await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_refusal_arrives_whole(bool isChunked)
    {
        const int pieces = 64;
        var piece = new string('x', 10_000);
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            var framing = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {pieces * piece.Length}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 422 No\r\n{framing}\r\n\r\n"), stop);
            for (var sent = 0; sent < pieces; sent++)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(isChunked ? $"{piece.Length:x}\r\n{piece}\r\n" : piece), stop);
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(isChunked ? "0\r\n\r\n" : ""), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        (_, var path) = await Deploy(backend.Serving);

        using var answer = await Send(path).WaitAsync(WaitTimeout);

        Assert.Equal(string.Concat(Enumerable.Repeat(piece, pieces)), await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task A_caller_who_hangs_up_while_a_refusal_arrives_ends_the_connection_to_the_server()
    {
        var closed = new TaskCompletionSource();
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 422 No\r\nContent-Length: 1000000\r\n\r\nbegun"u8.ToArray(), stop);
            try
            {
                var buffer = new byte[1 << 16];
                while (await stream.ReadAsync(buffer, stop) > 0)
                {
                }
            }
            catch (IOException)
            {
                // Reset, which closes it too.
            }

            closed.SetResult();
        });
        (_, var path) = await Deploy(backend.Serving);

        using (var client = await Begin(path))
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
            Assert.Equal("HTTP/1.1 422 No", await reader.ReadLineAsync().WaitAsync(WaitTimeout));
        }

        await closed.Task.WaitAsync(WaitTimeout);
    }

    [Fact]
    public async Task A_server_that_answers_well_early_is_used_again()
    {
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            var buffer = new byte[1 << 16];
            for (var request = 1; await RawBackend.ReadHead(stream, stop) is { Length: > 0 }; request++)
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"u8.ToArray(), stop);
                for (var length = 0L; length < Long;)
                {
                    length += await stream.ReadAsync(buffer, stop);
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{request}"), stop);
            }
        });
        (_, var path) = await Deploy(backend.Serving);

        for (var request = 1; request <= 3; request++)
        {
            using var answer = await Send(path).WaitAsync(WaitTimeout);
            Assert.Equal($"{request}", await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
        }

        Assert.Equal(1, backend.Accepted);
    }

    [Fact]
    public async Task A_server_that_says_much_before_it_wants_the_body_gets_it()
    {
        const int body = 500_000;
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            Assert.Contains("\r\nExpect: 100-continue\r\n", await RawBackend.ReadHead(stream, stop), StringComparison.Ordinal);
            var hints = $"HTTP/1.1 103 Early Hints\r\nLink: {new string('x', 10_000)}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(hints + hints + "HTTP/1.1 100 Continue\r\n\r\n"), stop);
            var buffer = new byte[1 << 16];
            for (var length = 0; length < body;)
            {
                length += await stream.ReadAsync(buffer, stop);
            }

            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"u8.ToArray(), stop);
        });
        (_, var path) = await Deploy(backend.Serving);

        // The caller doesn't wait for the server to want the body.
        using var client = await Begin(path, $"Expect: 100-continue\r\nContent-Length: {body}\r\n\r\n{new string('x', body)}");
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);

        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync().WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task A_server_that_closes_without_a_word_is_unreachable()
    {
        await using var backend = new RawBackend((stream, stop) => RawBackend.ReadHead(stream, stop));
        (_, var path) = await Deploy(backend.Serving);

        using var answer = await Send(path).WaitAsync(WaitTimeout);

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
    }

    [Fact]
    public async Task Connections_on_which_bodies_were_sent_whole_are_used_again()
    {
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            var buffer = new byte[1 << 16];
            while (await RawBackend.ReadHead(stream, stop) is { Length: > 0 })
            {
                var length = 0L;
                while (length < Long)
                {
                    length += await stream.ReadAsync(buffer, stop);
                }

                await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nsent"u8.ToArray(), stop);
            }
        });
        (_, var path) = await Deploy(backend.Serving);

        for (var i = 0; i < 3; i++)
        {
            using var answer = await Send(path).WaitAsync(WaitTimeout);
            Assert.Equal("sent", await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
        }

        Assert.Equal(1, backend.Accepted);
    }

    /// <summary>Sends the beginning of a call, byte by byte as it is.</summary>
    private async Task<TcpClient> Begin(string path, string rest = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n{rest}";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        return client;
    }

    private async Task<HttpResponseMessage> Send(string path, bool isChunked = false, bool expects = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[Long]) };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Headers.ExpectContinue = expects;
        return await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<(string Id, string Path)> Deploy(string serving)
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, serving))["id"]!;
        return (id, $"/v1/models/{RegistryDriver.InPath(name)}/predict");
    }
}
