using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Calls that go on after their version was stopped, or their key revoked.</summary>
public sealed class LongCallTests : SqliteServer
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Longer than the gateway takes to look at its calls.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    protected override IReadOnlyList<string> Settings =>
        [$"--Registry:Calls:GraceSeconds={Grace.Seconds}", $"--Registry:Auth:RevokedCallGraceSeconds={Grace.Seconds}"];

    [Theory]
    [InlineData("deactivate")]
    [InlineData("delete")]
    public async Task L2_a_WebSocket_ends_a_while_after_its_version_was_stopped_and_others_go_on(string command)
    {
        await using var backend = await Backend.Start(Echo);
        var (stopped, other) = (await Deploy(backend), await Deploy(backend));
        using ClientWebSocket first = new();
        await Connect(first, stopped, OperatorKey);
        using ClientWebSocket second = new();
        await Connect(second, other, OperatorKey);

        var began = Stopwatch.GetTimestamp();
        (await (command == "delete" ? Driver.Delete($"/v1/model_versions/{stopped}") : Driver.Do(command, stopped))).Is(200);

        await End(first);
        Assert.True(Stopwatch.GetElapsedTime(began) >= Grace, "It ended at once.");
        Assert.Equal("hello", await Ask(second));
    }

    [Fact]
    public async Task L2_a_call_without_an_answer_ends_with_a_problem_a_while_after_its_version_was_stopped()
    {
        var (arrived, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await Backend.Start(async http =>
        {
            http.RequestAborted.Register(ended.SetResult);
            arrived.SetResult();
            await ended.Task.WaitAsync(WaitTimeout);
        });
        var version = await Deploy(backend);
        var call = Client.PostAsync(new Uri($"/v1/model_versions/{version}/predict", UriKind.Relative), null);
        await arrived.Task.WaitAsync(WaitTimeout);

        var began = Stopwatch.GetTimestamp();
        (await Driver.Do("deactivate", version)).Is(200);

        using var answer = await call.WaitAsync(WaitTimeout);
        Assert.True(Stopwatch.GetElapsedTime(began) >= Grace, "It ended at once.");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("version_inactive", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await ended.Task.WaitAsync(WaitTimeout);
    }

    [Fact]
    public async Task A8_a_WebSocket_ends_a_while_after_its_key_was_revoked_and_those_of_other_keys_go_on()
    {
        await using var backend = await Backend.Start(Echo);
        var version = await Deploy(backend);
        var made = (await Driver.Post("/v1/api_keys", "{\"name\":\"caller\",\"role\":\"invoker\"}")).Is(201);
        using ClientWebSocket first = new();
        await Connect(first, version, made["key"]!);
        using ClientWebSocket second = new();
        await Connect(second, version, OperatorKey);

        var began = Stopwatch.GetTimestamp();
        (await Driver.Delete($"/v1/api_keys/{made["api_key.prefix"]}")).Is(200);

        await End(first);
        Assert.True(Stopwatch.GetElapsedTime(began) >= Grace, "It ended at once.");
        Assert.Equal("hello", await Ask(second));
    }

    private static async Task Echo(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[100];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer, http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, endOfMessage: true, http.RequestAborted);
        }
    }

    private static async Task<string> Ask(ClientWebSocket socket)
    {
        using var timeout = new CancellationTokenSource(WaitTimeout);
        var echo = new byte[100];
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, endOfMessage: true, timeout.Token);
        return Encoding.UTF8.GetString(echo, 0, (await socket.ReceiveAsync(echo, timeout.Token)).Count);
    }

    /// <summary>Waits until the other end is gone.</summary>
    private static async Task End(ClientWebSocket socket)
    {
        using var timeout = new CancellationTokenSource(WaitTimeout);
        var error = await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[100], timeout.Token));
        Assert.Equal(WebSocketError.ConnectionClosedPrematurely, error.WebSocketErrorCode);
    }

    private async Task<string> Deploy(Backend backend) => (await Driver.Deploy(RegistryDriver.NewName(), backend.Serving()))["id"]!;

    private async Task Connect(ClientWebSocket socket, string version, string key)
    {
        socket.Options.SetRequestHeader("Authorization", "Bearer " + key);
        using var timeout = new CancellationTokenSource(WaitTimeout);
        await socket.ConnectAsync(
            new UriBuilder(new Uri(Address, $"/v1/model_versions/{version}/predict")) { Scheme = "ws" }.Uri, timeout.Token);
        Assert.Equal("hello", await Ask(socket));
    }
}
