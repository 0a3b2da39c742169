using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Bodies go through as streams, in both directions.</summary>
[Collection(OnSqlite.Name)]
public sealed class StreamTests(SqliteServer server)
{
    private const long Gibibyte = 1L << 30;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task Events_arrive_one_by_one_while_the_model_goes_on()
    {
        using var next = new SemaphoreSlim(0);
        await using var backend = await Backend.Start(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await http.Response.WriteAsync($"data: {i}\n\n");
                await http.Response.Body.FlushAsync();
                Assert.True(await next.WaitAsync(WaitTimeout));
            }
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, await Deploy(backend));
        using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());

        for (var i = 0; i < 3; i++)
        {
            // The model's server waits until this event has been read here.
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().WaitAsync(WaitTimeout));
            Assert.Equal("", await reader.ReadLineAsync().WaitAsync(WaitTimeout));
            next.Release();
        }

        Assert.Null(await reader.ReadLineAsync().WaitAsync(WaitTimeout));
    }

    [Theory]
    [InlineData("POST", "/v1/models/{0}/predict", "Transfer-Encoding: chunked", "6\r\nanswer\r\n0\r\n\r\n")]
    [InlineData("GET", "/v1/models/{0}/predict/events", "Content-Type: text/event-stream", "answer")]
    [InlineData("POST", "/v2/models/{0}/infer", "Content-Length: 6", "answer")]
    [InlineData("GET", "/v2/models/{0}/ready", "Content-Length: 6", "answer")]
    [InlineData("POST", "/v1/chat/completions", "Transfer-Encoding: chunked", "6\r\nanswer\r\n0\r\n\r\n")]
    public async Task The_head_of_an_answer_does_not_wait_for_the_body(string method, string route, string header, string body)
    {
        var seen = new TaskCompletionSource();
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\n{header}\r\n\r\n"), stop);
            await seen.Task.WaitAsync(stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(body), stop);
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving);
        using var request = new HttpRequestMessage(new HttpMethod(method), route.Replace("{0}", RegistryDriver.InPath(name), StringComparison.Ordinal))
        {
            Content = method == "POST" ? new StringContent($$"""{"model":"{{name}}"}""") : null,
        };

        using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(WaitTimeout);
        Assert.Equal("0.1.0", Assert.Single(answer.Headers.GetValues("Model-Version")));

        seen.SetResult();
        Assert.Equal("answer", await answer.Content.ReadAsStringAsync().WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task A_body_arrives_in_parts_while_the_caller_goes_on()
    {
        using var seen = new SemaphoreSlim(0);
        await using var backend = await Backend.Start(async http =>
        {
            var buffer = new byte[PartByPart.PartSize];
            var parts = 0;
            var total = 0;
            while (await http.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                // The last few kibibytes of a part may wait in a buffer on the way.
                total += count;
                if (total > (parts * PartByPart.PartSize) + (PartByPart.PartSize / 2))
                {
                    parts++;
                    seen.Release();
                }
            }

            await http.Response.WriteAsync($"{parts}");
        });
        using var content = new PartByPart(3, seen, WaitTimeout);

        using var answer = await server.Client.PostAsync(await Deploy(backend), content).WaitAsync(WaitTimeout);

        Assert.Equal("3", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_body_of_one_gibibyte_goes_to_the_model_with_flat_memory()
    {
        var received = 0L;
        await using var backend = await Backend.Start(async http =>
        {
            var buffer = new byte[1 << 16];
            while (await http.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                received += count;
            }
        });
        var path = await Deploy(backend);
        using var content = new StreamContent(new Zeros(Gibibyte), 1 << 16);
        content.Headers.ContentLength = Gibibyte;

        var grown = await MostMemory(async () => (await server.Client.PostAsync(path, content)).Dispose());

        Assert.Equal(Gibibyte, received);
        // Far below what was sent, and above what other tests make meanwhile.
        Assert.InRange(grown, long.MinValue, Gibibyte / 2);
    }

    [Fact]
    public async Task A_body_whose_model_field_comes_late_is_held_until_then_and_sent_whole()
    {
        await using var backend = await Backend.Start(async http =>
        {
            var length = 0L;
            var buffer = new byte[1 << 16];
            while (await http.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                length += count;
            }

            await http.Response.WriteAsync($"{length}");
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        // Several times what the server reads ahead by itself.
        var body = $$"""{"prompt":"{{new string('x', 5 << 20)}}","model":"{{name}}"}""";

        var answer = (await _registry.Post("/v1/completions", body)).Is(200);

        Assert.Equal($"{body.Length}", answer.Text);
    }

    [Fact]
    public async Task An_answer_of_one_gibibyte_goes_to_the_caller_with_flat_memory()
    {
        await using var backend = await Backend.Start(http => new Zeros(Gibibyte).CopyToAsync(http.Response.Body));
        using var request = new HttpRequestMessage(HttpMethod.Post, await Deploy(backend));
        var received = 0L;

        var grown = await MostMemory(async () =>
        {
            using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await answer.Content.ReadAsStreamAsync();
            var buffer = new byte[1 << 16];
            while (await stream.ReadAsync(buffer) is > 0 and var count)
            {
                received += count;
            }
        });

        Assert.Equal(Gibibyte, received);
        // Far below what was sent, and above what other tests make meanwhile.
        Assert.InRange(grown, long.MinValue, Gibibyte / 2);
    }

    [Fact]
    public async Task A_web_socket_is_opened_to_the_model()
    {
        await using var backend = await Backend.Start(async http =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync("tensors");
            var buffer = new byte[100];
            var message = await socket.ReceiveAsync(buffer, default);
            await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, endOfMessage: true, default);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", default);
        });
        var address = new UriBuilder(new Uri(server.Address, await Deploy(backend))) { Scheme = "ws" }.Uri;
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("tensors");
        client.Options.SetRequestHeader("Authorization", "Bearer " + RegistryServer.OperatorKey);
        using var timeout = new CancellationTokenSource(WaitTimeout);

        await client.ConnectAsync(address, timeout.Token);
        await client.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, timeout.Token);
        var echo = new byte[100];
        var message = await client.ReceiveAsync(echo, timeout.Token);

        Assert.Equal("hello", Encoding.UTF8.GetString(echo, 0, message.Count));
        Assert.Equal(WebSocketMessageType.Close, (await client.ReceiveAsync(echo, timeout.Token)).MessageType);
        Assert.Equal("tensors", client.SubProtocol);
    }

    [Fact]
    public async Task A_caller_that_hangs_up_ends_the_models_work()
    {
        var arrived = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var backend = await Backend.Start(async http =>
        {
            http.RequestAborted.Register(ended.SetResult);
            arrived.SetResult();
            await ended.Task.WaitAsync(WaitTimeout);
        });
        var path = await Deploy(backend);
        using var hangUp = new CancellationTokenSource();

        var call = server.Client.PostAsync(path, null, hangUp.Token);
        await arrived.Task.WaitAsync(WaitTimeout);
        await hangUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(WaitTimeout);
    }

    [Fact]
    public async Task A_compressed_answer_is_passed_on_as_it_is()
    {
        byte[] bytes = [0x1f, 0x8b, 1, 2, 3];
        await using var backend = await Backend.Start(http =>
        {
            Assert.Equal("gzip", http.Request.Headers.AcceptEncoding);
            http.Response.Headers.ContentEncoding = "gzip";
            return http.Response.Body.WriteAsync(bytes).AsTask();
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, await Deploy(backend));
        request.Headers.Add("Accept-Encoding", "gzip");

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("gzip", Assert.Single(answer.Content.Headers.ContentEncoding));
    }

    private async Task<string> Deploy(Backend backend)
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        return $"/v1/models/{RegistryDriver.InPath(name)}/predict";
    }

    /// <summary>By how much the memory in use grew while something was done, at the most.</summary>
    private static async Task<long> MostMemory(Func<Task> act)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = before;
        var acting = act();
        while (!acting.IsCompleted)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
            await Task.WhenAny(acting, Task.Delay(20));
        }

        await acting;
        return most - before;
    }

    /// <summary>Sends a part only after the part before was seen.</summary>
    private sealed class PartByPart(int parts, SemaphoreSlim seen, TimeSpan timeout) : HttpContent
    {
        public const int PartSize = 1 << 16;

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (var i = 0; i < parts; i++)
            {
                await stream.WriteAsync(new byte[PartSize]);
                await stream.FlushAsync();
                Assert.True(await seen.WaitAsync(timeout));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A stream of that many zeros.</summary>
    private sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, read);
            Position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
