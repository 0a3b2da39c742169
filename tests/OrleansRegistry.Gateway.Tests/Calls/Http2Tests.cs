using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Callers over HTTP/2, whose calls share a connection.</summary>
public sealed class Http2Tests(TlsServer server) : IClassFixture<TlsServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData(33_000)]
    [InlineData(60_000)]
    public async Task A_head_that_is_too_long_is_431_on_its_own_stream_and_the_others_go_on(int length)
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var backend = await Backend.Start(async http =>
        {
            arrived.SetResult();
            await release.Task.WaitAsync(Patience);
            await http.Response.WriteAsync("done");
        });
        var path = await Deploy(backend.Serving());
        using var connection = await Http2Connection.Open(server);

        await connection.Ask(1, path, []);
        await arrived.Task.WaitAsync(Patience);
        await connection.Ask(3, path, [("x", new string('x', length))]);

        Assert.Contains("431", await connection.HeadOf(3), StringComparison.Ordinal);
        release.SetResult();
        Assert.DoesNotContain("431", await connection.HeadOf(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "no such socket")]
    [InlineData(401, "")]
    [InlineData(302, "")]
    [InlineData(503, "busy")]
    public async Task A_server_that_opens_no_web_socket_has_its_own_answer_passed_on(int status, string body)
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync(body);
        });

        using var answer = await Connect(await Deploy(backend.Serving()));

        Assert.Equal((status, body), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal("0.1.0", Assert.Single(answer.Headers.GetValues("Model-Version")));
        Assert.DoesNotContain(server.Warnings, warning => warning.Contains("body", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    public async Task A_success_that_opens_no_web_socket_is_not_passed_on_for_it_would_open_one(int status)
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        using var answer = await Connect(await Deploy(backend.Serving()));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains($"answered the status {status} instead of opening the WebSocket", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(server.Warnings, warning => warning.Contains("body", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("connect-udp", "13")]
    [InlineData("websocket", null)]
    [InlineData("websocket", "8")]
    public async Task Another_protocol_or_version_than_a_web_sockets_is_refused(string protocol, string? version)
    {
        await using var backend = await Backend.Start(_ => Task.CompletedTask);

        using var answer = await Connect(await Deploy(backend.Serving()), protocol, version);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Trailers_of_an_answer_arrive_but_for_those_that_would_speak_for_the_registry()
    {
        await using var backend = RawBackend.Answering(
            "HTTP/1.1 200 OK\r\nTrailer: Sum\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\nSum: 42\r\nSet-Cookie: a=b\r\nModel-Version: 9.9.9\r\n\r\n");
        using var request = new HttpRequestMessage(HttpMethod.Post, await Deploy(backend.Serving)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
        Assert.Equal("sum", Assert.Single(answer.Headers.Trailer), ignoreCase: true);
        Assert.Equal("sum", Assert.Single(answer.TrailingHeaders).Key, ignoreCase: true);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_answer_that_breaks_off_arrives_so_far_and_then_fails(string version)
    {
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        using var request = new HttpRequestMessage(HttpMethod.Post, await Deploy(backend.Serving)) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task A_body_behind_a_status_that_has_none_is_left_out(int status)
    {
        await using var backend = RawBackend.Answering($"HTTP/1.1 {status} Odd\r\nContent-Length: 5\r\n\r\nhello");

        using var answer = await Post(await Deploy(backend.Serving), []).WaitAsync(Patience);

        Assert.Equal((status, ""), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync().WaitAsync(Patience)));
        Assert.DoesNotContain(server.Warnings, warning => warning.Contains("unexpectedly", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_that_comes_while_the_body_is_being_sent_ends_its_own_stream_only()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var slow = await Backend.Start(async http =>
        {
            arrived.SetResult();
            await release.Task.WaitAsync(Patience);
            await http.Response.WriteAsync("done");
        });
        await using var refusing = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nwhy"u8.ToArray(), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        var path = await Deploy(refusing.Serving);
        var other = Post(await Deploy(slow.Serving()), []);
        await arrived.Task.WaitAsync(Patience);

        for (var i = 0; i < 3; i++)
        {
            using var refused = await Post(path, new byte[16 << 20]).WaitAsync(Patience);
            Assert.Equal((413, "why"), ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync().WaitAsync(Patience)));
        }

        release.SetResult();
        using var answer = await other.WaitAsync(Patience);
        Assert.Equal("done", await answer.Content.ReadAsStringAsync().WaitAsync(Patience));
    }

    private async Task<HttpResponseMessage> Post(string path, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(body),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        return await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<string> Deploy(string serving)
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, serving);
        return $"/v1/models/{RegistryDriver.InPath(name)}/predict";
    }

    /// <summary>Asks for a tunnel (RFC 8441).</summary>
    private async Task<HttpResponseMessage> Connect(string path, string protocol = "websocket", string? version = "13")
    {
        using var request = new HttpRequestMessage(HttpMethod.Connect, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = protocol;
        request.Headers.Add("Sec-WebSocket-Version", version is null ? [] : [version]);
        return await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
    }

    /// <summary>HTTP/2 frame by frame: clients of their own don't send heads that the server says are too long.</summary>
    private sealed class Http2Connection(SslStream stream, TcpClient client) : IDisposable
    {
        private const byte Headers = 1;
        private const byte Settings = 4;
        private const byte GoAway = 7;
        private const byte Continuation = 9;
        private const byte EndStream = 1;
        private const byte EndHeaders = 4;
        private const int MaxFrame = 16_000;

        [SuppressMessage("Reliability", "CA2000", Justification = "The connection disposes of its socket and stream.")]
        public static async Task<Http2Connection> Open(RegistryServer server)
        {
            var client = new TcpClient();
            await client.ConnectAsync(server.Address.Host, server.Address.Port);
            var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == TlsServer.Subject,
            });
            var connection = new Http2Connection(stream, client);
            await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
            await connection.Send(Settings, 0, 0, []);
            return connection;
        }

        public async Task Ask(int id, string path, IEnumerable<(string Name, string Value)> headers)
        {
            List<byte> block = [];
            foreach ((var name, var value) in ((string, string)[])[(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", path), ("authorization", "Bearer " + RegistryServer.OperatorKey), .. headers])
            {
                // A literal without indexing, with a new name (RFC 7541, section 6.2.2).
                block.Add(0);
                AddText(block, name);
                AddText(block, value);
            }

            var parts = block.Chunk(MaxFrame).ToList();
            foreach (var (place, part) in parts.Index())
            {
                await Send(place == 0 ? Headers : Continuation, (byte)((place == 0 ? EndStream : 0) | (place == parts.Count - 1 ? EndHeaders : 0)), id, part);
            }
        }

        /// <summary>The head of an answer, not decoded, in which numbers can be read.</summary>
        public async Task<string> HeadOf(int id)
        {
            while (true)
            {
                var head = new byte[9];
                await stream.ReadExactlyAsync(head).AsTask().WaitAsync(Patience);
                var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
                await stream.ReadExactlyAsync(payload).AsTask().WaitAsync(Patience);
                Assert.NotEqual(GoAway, head[3]);
                if (head[3] == Headers && BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) == id)
                {
                    return Encoding.Latin1.GetString(payload);
                }
            }
        }

        public void Dispose()
        {
            stream.Dispose();
            client.Dispose();
        }

        private static void AddText(List<byte> block, string text)
        {
            // A length with a prefix of seven bits (RFC 7541, section 5.1).
            var length = text.Length;
            if (length < 127)
            {
                block.Add((byte)length);
            }
            else
            {
                block.Add(127);
                for (length -= 127; length >= 128; length /= 128)
                {
                    block.Add((byte)((length % 128) | 128));
                }

                block.Add((byte)length);
            }

            block.AddRange(Encoding.ASCII.GetBytes(text));
        }

        private async Task Send(byte type, byte flags, int id, byte[] payload)
        {
            byte[] frame = [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, (byte)id, .. payload];
            await stream.WriteAsync(frame);
        }
    }
}
