using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>A node that doesn't wait for long, and takes small bodies only.</summary>
public sealed class ImpatientServer : SqliteServer
{
    /// <summary>The longest body.</summary>
    public const int MaxBodyBytes = 100_000;

    /// <summary>How much of a body is held in memory.</summary>
    public const int MaxBufferedBytes = 2048;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Settings =>
    [
        "--Registry:Calls:ActivityTimeoutSeconds=1",
        "--Registry:Calls:ConnectTimeoutSeconds=1",
        $"--Registry:Calls:MaxBodyBytes={MaxBodyBytes}",
        $"--Registry:Calls:MaxBufferedBytes={MaxBufferedBytes}",
    ];
}

/// <summary>Whatever a model's server does, the caller gets its answer or a problem with a code, and others don't notice.</summary>
public sealed class BrokenBackendTests(ImpatientServer server) : IClassFixture<ImpatientServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    public static TheoryData<string, string> Garbage => new()
    {
        { "nonsense", "\0\u0001\u0002 this is not HTTP\r\n\r\n" },
        { "no status", "HTTP/1.1\r\n\r\n" },
        { "a status that is none", "HTTP/1.1 999999 Odd\r\n\r\n" },
        { "a header that is none", "HTTP/1.1 200 OK\r\n: x\r\n\r\n" },
        { "a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" },
        { "nothing", "" },
        { "half a head", "HTTP/1.1 200 OK\r\nContent-Le" },
        { "another protocol", "SSH-2.0-OpenSSH_9.2\r\n" },
        { "a status below all others", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n" },
        { "no status at all", "HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n" },
        { "an upgrade that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" },
        { "a coding that nobody asked for", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx" },
        { "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx" },
        { "a header with a control character", "HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task A_server_that_answers_garbage_is_unreachable(string what, string garbage)
    {
        Assert.NotEmpty(what);
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(garbage), stop);
        });

        var answer = (await Call(backend.Serving)).IsProblem(502, ErrorCode.BackendUnreachable);

        Assert.Equal(("0.1.0", "true"), (answer.Header("Model-Version"), answer["sent"]));
    }

    [Fact]
    public async Task A_server_that_refuses_is_unreachable()
    {
        int port;
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
            port = ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
        }

        (await Call($$"""
            "serving":{"url":"http://127.0.0.1:{{port}}"}
            """)).IsProblem(502, ErrorCode.BackendUnreachable).IsNotSent();
    }

    [Fact]
    public async Task A_call_that_was_sent_to_a_server_that_is_gone_since_may_have_arrived()
    {
        var calls = 0;
        var backend = new RawBackend(async (stream, stop) =>
        {
            // It keeps the connection for a second call, and hangs up when it has read that.
            while ((await RawBackend.ReadHead(stream, stop)).Length > 0 && Interlocked.Increment(ref calls) == 1)
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
            }
        });
        string id;
        await using (backend)
        {
            id = (await _registry.DeployPrimary(RegistryDriver.NewName(), backend.Serving))["id"]!;
            (await _registry.Get($"/v1/model_versions/{id}/predict")).Is(200);
            backend.StopListening();

            // The client tries another connection, which is refused: the server has had the call all the same.
            var answer = (await _registry.Get($"/v1/model_versions/{id}/predict")).IsProblem(502, ErrorCode.BackendUnreachable);

            Assert.Equal((2, "true"), (calls, answer["sent"]));
        }

        (await _registry.Get($"/v1/model_versions/{id}/predict")).IsProblem(502, ErrorCode.BackendUnreachable).IsNotSent();
    }

    [Fact]
    public async Task A_server_without_an_address_is_unreachable() => (await Call("""
        "serving":{"url":"http://no-such-host.invalid"}
        """)).IsProblem(502, ErrorCode.BackendUnreachable).IsNotSent();

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://0.0.0.0:1/")]
    public async Task A_server_at_an_address_that_is_never_allowed_is_not_asked(string url)
    {
        // Past the gateway, which refuses it: as a service deploys it that is a client of the cluster.
        var version = await server.Driver.Deploy(RegistryDriver.NewName());
        (await server.Driver.Do("deactivate", version["id"]!)).Is(200);
        var activated = await server.Grains.GetGrain<IModelGrain>(GrainKeys.Model(GrainKeys.DefaultWorkspace, version["model_id"]!)).Activate(new ActivateCommand
        {
            Context = new CommandContext { CommandId = Guid.NewGuid(), Actor = "test", Deadline = DateTimeOffset.UtcNow + CommandContext.Lifetime },
            Ordinal = 1,
            Serving = new ServingSpec { Url = url },
        });
        Assert.Null(activated.Error);

        var answer = (await server.Driver.Post($"/v1/model_versions/{version["id"]}/predict", "{}")).IsProblem(502, ErrorCode.BackendUnreachable);

        Assert.Contains("not allowed", answer["detail"], StringComparison.Ordinal);
        answer.IsNotSent();
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up()
    {
        await using var backend = new RawBackend((_, stop) => Task.Delay(Timeout.Infinite, stop));

        Assert.Equal("true", (await Call(backend.Serving)).IsProblem(504, ErrorCode.BackendTimeout)["sent"]);
    }

    [Theory]
    [InlineData(false, "HTTP/1.1 504 Gateway Timeout")]
    [InlineData(true, "HTTP/1.1 502 Bad Gateway")]
    public async Task A_server_that_begins_to_refuse_a_body_and_goes_no_further_is_to_blame(bool closes, string answer)
    {
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-"u8.ToArray(), stop);
            await Task.Delay(closes ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, stop);
        });
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, backend.Serving))["id"]!;

        // More of the body is to come.
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/model_versions/{id}/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\nContent-Length: 100\r\n\r\nhalf"));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);

        Assert.Equal(answer, await reader.ReadLineAsync().WaitAsync(Patience));
        await reader.ReadToEndAsync().WaitAsync(Patience).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal("1", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["errors"]);
    }

    [Fact]
    public async Task A_server_that_takes_no_body_is_given_up()
    {
        await using var backend = new RawBackend((_, stop) => Task.Delay(Timeout.Infinite, stop));

        (await Call(backend.Serving, new string('x', ImpatientServer.MaxBodyBytes - 10))).IsProblem(504, ErrorCode.BackendTimeout);
    }

    [Fact]
    public async Task A_head_without_end_is_cut_off()
    {
        var sent = 0L;
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), stop);
            var header = Encoding.ASCII.GetBytes($"X-{new string('h', 1000)}: {new string('v', 1000)}\r\n");
            while (sent < 100_000_000)
            {
                await stream.WriteAsync(header, stop);
                sent += header.Length;
            }
        });

        (await Call(backend.Serving)).IsProblem(502, ErrorCode.BackendUnreachable);
        // The rest was never read: all that went out is what buffers held.
        Assert.InRange(sent, 0, 50_000_000);
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nhalf", "half")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "5\r\nhello\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense", "5\r\nhello\r\n")]
    public async Task An_answer_that_breaks_off_arrives_so_far_and_is_not_made_to_look_whole(string answer, string body)
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\n" + answer);
        var id = (await _registry.DeployPrimary(RegistryDriver.NewName(), backend.Serving))["id"];

        var whole = await RawCaller.Call(server, $"GET /v1/model_versions/{id}/predict HTTP/1.1", "");

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", whole, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + body, whole, StringComparison.Ordinal);
        // Where nothing but the end of the connection ends an answer, that must not come by itself.
        await Assert.ThrowsAsync<IOException>(() => RawCaller.Call(server, $"GET /v1/model_versions/{id}/predict HTTP/1.0", ""));
        Assert.Equal(("2", "2"), await Counts(id));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_before_its_first_byte_is_a_problem_or_breaks()
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense");

        // Either the head was not sent on yet, and the caller gets a problem; or it was, and the connection breaks.
        try
        {
            (await Call(backend.Serving)).IsProblem(502, ErrorCode.BackendUnreachable);
        }
        catch (HttpRequestException)
        {
            // It breaks.
        }
    }

    [Theory]
    [InlineData(204, "Content-Length: 5\r\n\r\nhello")]
    [InlineData(204, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(204, "\r\nhello")]
    [InlineData(205, "Content-Length: 5\r\n\r\nhello")]
    [InlineData(205, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(205, "\r\nhello")]
    [InlineData(304, "Content-Length: 5\r\n\r\nhello")]
    [InlineData(304, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task A_body_behind_a_status_that_has_none_is_left_out(int status, string answer)
    {
        await using var backend = RawBackend.Answering($"HTTP/1.1 {status} Odd\r\nETag: \"a\"\r\n{answer}");
        var id = (await _registry.DeployPrimary(RegistryDriver.NewName(), backend.Serving))["id"];

        var whole = await RawCaller.Call(server, $"POST /v1/model_versions/{id}/predict HTTP/1.1", "Content-Length: 0\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} Odd\r\n", whole, StringComparison.Ordinal);
        Assert.Contains("\r\nETag: \"a\"\r\n", whole, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", whole, StringComparison.Ordinal);
        Assert.Equal(status == 304 && answer.StartsWith("Content-Length", StringComparison.Ordinal), whole.Contains("Content-Length: 5\r\n", StringComparison.Ordinal));
        Assert.Equal(("1", "0"), await Counts(id));
        Assert.DoesNotContain(server.Warnings, warning => warning.Contains("unexpectedly", StringComparison.Ordinal) || warning.Contains("unhandled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Heads_that_only_say_that_one_is_to_come_are_passed_over()
    {
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 199 Odd\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

        Assert.Equal("ok", (await Call(backend.Serving)).Is(200).Text);
    }

    [Fact]
    public async Task A_server_that_falls_silent_within_an_answer_is_given_up()
    {
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray(), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => Call(backend.Serving)).WaitAsync(Patience);
    }

    [Fact]
    public async Task What_a_broken_server_says_never_reaches_the_next_caller()
    {
        var turn = 0;
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            // The first answer is followed by one that nobody asked for.
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(Interlocked.Increment(ref turn) == 1
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecond"),
                stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        var path = await Deploy(backend.Serving);

        Assert.Equal("first", (await _registry.Post(path, "{}")).Text);
        Assert.Equal("second", (await _registry.Post(path, "{}")).Is(200).Text);
    }

    [Fact]
    public async Task Other_models_do_not_notice_a_hundred_calls_that_hang()
    {
        await using var hanging = new RawBackend((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var healthy = await Backend.Start(http => http.Response.WriteAsync("well"));
        var stuck = await Deploy(hanging.Serving);
        var path = await Deploy(healthy.Serving());

        var calls = Enumerable.Range(0, 100).Select(_ => _registry.Post(stuck, "{}")).ToList();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("well", (await _registry.Post(path, "{}").WaitAsync(Patience)).Is(200).Text);
        }

        Assert.All(await Task.WhenAll(calls).WaitAsync(Patience), call => call.IsProblem(504, ErrorCode.BackendTimeout));
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused_also_when_nobody_said_how_long_it_is()
    {
        await using var backend = await Backend.Start(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            await http.Response.WriteAsync("taken");
        });
        var path = await Deploy(backend.Serving());

        Assert.Equal("taken", (await _registry.Post(path, new string('x', ImpatientServer.MaxBodyBytes))).Text);
        foreach (var isChunked in (bool[])[false, true])
        {
            using var content = new StringContent(new string('x', ImpatientServer.MaxBodyBytes + 1));
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            request.Headers.TransferEncodingChunked = isChunked;
            using var answer = await server.Client.SendAsync(request);
            Assert.Equal(413, (int)answer.StatusCode);
            // The rest of the body is never read, so nothing may follow it on this connection.
            Assert.True(answer.Headers.ConnectionClose);
        }
    }

    [Fact]
    public async Task Broken_calls_are_counted_as_errors_and_hold_nothing()
    {
        await using var backend = new RawBackend((_, _) => Task.CompletedTask);
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, backend.Serving))["id"]!;
        for (var i = 0; i < 5; i++)
        {
            (await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}")).IsProblem(502, ErrorCode.BackendUnreachable);
        }

        var traffic = await _registry.Get($"/v1/model_versions/{id}/traffic");

        Assert.Equal(("5", "5", "0"), (traffic["calls"], traffic["errors"], traffic["in_flight"]));
    }

    private async Task<Reply> Call(string serving, string body = "{}") => await _registry.Post(await Deploy(serving), body);

    private async Task<string> Deploy(string serving)
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, serving);
        return $"/v1/models/{RegistryDriver.InPath(name)}/predict";
    }

    /// <summary>What was counted of a version's calls, once the last one is over: its caller knows that before the gateway counts it.</summary>
    private async Task<(string? Calls, string? Errors)> Counts(string? id)
    {
        Reply traffic;
        do
        {
            traffic = (await _registry.Get($"/v1/model_versions/{id}/traffic")).Is(200);
        }
        while (traffic["in_flight"] != "0");

        return (traffic["calls"], traffic["errors"]);
    }
}
