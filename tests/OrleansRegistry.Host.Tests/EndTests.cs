using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The orderly end of the real executable (rule H5).</summary>
public sealed class EndTests
{
    /// <summary>Longer than a slow machine takes for what a test does meanwhile.</summary>
    private const string Drain = "--Registry:DrainSeconds=12";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task H5_a_node_says_first_that_it_stops_then_takes_calls_for_a_while_and_ends_what_has_no_end()
    {
        await using var database = TestDatabase.Sqlite();
        var closed = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var model = await StartModel(closed);
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(database) with { Arguments = [Drain] });
        using (process)
        using (client)
        {
            (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
            {
                ["model_name"] = "m",
                ["publish"] = true,
                ["serving"] = new JsonObject { ["url"] = model.Urls.Single() },
            })).MustBe(HttpStatusCode.Created);
            using ClientWebSocket socket = new();
            socket.Options.SetRequestHeader("Authorization", "Bearer " + NodeSettings.OperatorKey);
            await socket.ConnectAsync(new UriBuilder(new Uri(process.Address, "/v1/models/m/predict")) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
            Assert.Equal("before", await Echo(socket, "before"));
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
            request.Headers.Add("Accept", "text/event-stream");
            using var events = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            using StreamReader stream = new(await events.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
            using (var answer = await Predict(client))
            {
                Assert.Null(answer.Headers.ConnectionClose);
            }

            await process.Signal("TERM");

            await UntilNotReady(client);
            using (var answer = await Predict(client))
            {
                Assert.Equal((HttpStatusCode.OK, true), (answer.StatusCode, answer.Headers.ConnectionClose));
            }

            Assert.Equal("during", await Echo(socket, "during"));
            (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "last" })).MustBe(HttpStatusCode.Created);
            var end = await socket.ReceiveAsync(new byte[100], TestContext.Current.CancellationToken).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);
            Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (end.MessageType, end.CloseStatus));
            await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, TestContext.Current.CancellationToken);
            Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await closed.Task.WaitAsync(WaitTimeout, TestContext.Current.CancellationToken));
            // It throws where the stream is broken off.
            var told = await stream.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.EndsWith("\n\n", told, StringComparison.Ordinal);
            Assert.Contains("\"model_name\":\"last\"", told, StringComparison.Ordinal);
            Assert.Equal(0, await process.WaitForExit());
        }
    }

    [Fact]
    public async Task H5_over_HTTP2_a_node_that_stops_answers_each_call_and_has_the_next_one_come_over_another_connection()
    {
        await using var database = TestDatabase.Sqlite();
        var (process, first) = await RegistryProcess.Start(
            NodeSettings.On(database) with { Arguments = [Drain, "--Kestrel:EndpointDefaults:Protocols=Http2"] });
        first.Dispose();
        var connections = 0;
        using (process)
        using (SocketsHttpHandler handler = new() { ConnectCallback = Connect })
        using (HttpClient client = new(handler) { BaseAddress = process.Address })
        {
            client.DefaultRequestVersion = HttpVersion.Version20;
            client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", NodeSettings.OperatorKey);
            await client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
            await client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(1, connections);

            await process.Signal("TERM");

            await UntilNotReady(client);
            var before = connections;
            // The answer may come before the notice that the connection is over.
            while (connections < before + 2)
            {
                await client.GetStringAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken);
            }

            Assert.Equal(0, await process.WaitForExit());
        }

        async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            connections++;
            return await Open(context.DnsEndPoint, cancellationToken);
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream owns the socket.")]
    private static async Task<Stream> Open(DnsEndPoint server, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task<HttpResponseMessage> Predict(HttpClient client)
    {
        using StringContent body = new("{}");
        return await client.PostAsync(new Uri("/v1/models/m/predict", UriKind.Relative), body, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until health says that the node stops.</summary>
    private static async Task UntilNotReady(HttpClient client)
    {
        while (true)
        {
            using var health = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
            if (health.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                Assert.Contains("\"stopping\":{\"status\":\"unhealthy\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                return;
            }
        }
    }

    private static async Task<string> Echo(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        var echo = new byte[100];
        return Encoding.UTF8.GetString(echo, 0, (await socket.ReceiveAsync(echo, TestContext.Current.CancellationToken)).Count);
    }

    /// <summary>A model's server that answers calls, and echoes on a WebSocket until it is closed.</summary>
    private static async Task<WebApplication> StartModel(TaskCompletionSource<WebSocketCloseStatus?> closed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(async http =>
        {
            if (!http.WebSockets.IsWebSocketRequest)
            {
                await http.Response.WriteAsync("{}");
                return;
            }

            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            while (await socket.ReceiveAsync(buffer, http.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
            {
                await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, endOfMessage: true, http.RequestAborted);
            }

            closed.TrySetResult(socket.CloseStatus);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
        });
        await app.StartAsync();
        return app;
    }
}
