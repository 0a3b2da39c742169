using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Calls that wait for their version's start (rule W1).</summary>
public sealed class ModelWaitTests : SqliteServer
{
    private const string Body = """{"model":"MODEL","instances":[1,2,3]}""";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _arrived = [];
    private volatile bool _isUp;

    protected override IReadOnlyList<string> Settings => [$"--Registry:Limits:OpenCallsPerKey={ParkedCalls.MaxOfKey + 2}"];

    [Theory]
    [InlineData("/v1/models/{model}/predict")]
    [InlineData("/v1/models/{model}/predict/deeper?version=0.1.0&x=1")]
    [InlineData("/v1/models/{model}/predict?version=@primary")]
    [InlineData("/v1/model_versions/{id}/predict")]
    [InlineData("/v1/model_versions/{model}@0.1.0/predict")]
    [InlineData("/models/{model}/predict")]
    [InlineData("/model_versions/{id}/predict")]
    [InlineData("/v2/models/{model}/infer")]
    [InlineData("/v2/models/{model}/versions/0.1.0/infer")]
    [InlineData("/openai/v1/chat/completions")]
    [InlineData("/v1/chat/completions")]
    public async Task W1_a_call_waits_for_a_start_on_each_route_and_then_goes_on_whole(string path)
    {
        await using var backend = await Backend.Start(Answer);
        var name = RegistryDriver.NewPlainName();
        var version = await Driver.DeployPrimary(name, Starting(backend));
        path = path.Replace("{model}", RegistryDriver.InPath(name), StringComparison.Ordinal)
            .Replace("{id}", version["id"], StringComparison.Ordinal);
        var body = new JsonObject { ["model"] = name, ["instances"] = new string('x', 300_000) }.ToJsonString();

        var call = Driver.Post(path, body, ("Model-Wait", "600"));
        await UntilParked(1);
        Assert.False(call.IsCompleted);
        _isUp = true;

        var reply = (await call.WaitAsync(WaitTimeout)).Is(200);
        Assert.Equal("0.1.0", reply.Header("Model-Version"));
        Assert.Contains($"{body.Length}", reply.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Model-Wait", Assert.Single(_arrived), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, Parked.Count);
        Assert.Equal("1", (await Driver.Get($"/v1/model_versions/{version["id"]}/traffic")).Is(200)["calls"]);
    }

    [Fact]
    public async Task W1_a_WebSocket_waits_too()
    {
        await using var backend = await Backend.Start(Answer);
        var version = await Driver.Deploy(RegistryDriver.NewName(), Starting(backend));
        using ClientWebSocket socket = new();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + OperatorKey);
        socket.Options.SetRequestHeader("Model-Wait", "60");
        using var timeout = new CancellationTokenSource(WaitTimeout);
        var opened = socket.ConnectAsync(
            new UriBuilder(new Uri(Address, $"/v1/model_versions/{version["id"]}/predict")) { Scheme = "ws" }.Uri, timeout.Token);
        await UntilParked(1);
        _isUp = true;

        await opened;

        var buffer = new byte[100];
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, timeout.Token)).Count));
    }

    [Fact]
    public async Task W1_an_alias_and_a_version_that_starts_again_are_waited_for()
    {
        await using var backend = await Backend.Start(Answer);
        _isUp = true;
        var name = RegistryDriver.NewName();
        var version = await Driver.Deploy(name, Starting(backend) + ",\"aliases\":[\"staging\"]");
        (await Driver.Get($"/v1/model_versions/{version["id"]}?wait=ready")).Is(200);
        _isUp = false;
        (await Driver.Do("deactivate", version["id"]!)).Is(200);
        (await Driver.Do("activate", version["id"]!)).Is(200);

        var call = Driver.Post(Predict(name), Body, ("Model-Version", "@staging"), ("Model-Wait", "60"));
        await UntilParked(1);
        _isUp = true;

        Assert.Equal("staging", (await call.WaitAsync(WaitTimeout)).Is(200).Header("Model-Alias"));
    }

    [Theory]
    [InlineData("601")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1\r\nModel-Wait: 2")]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("99999999999")]
    [InlineData("1,2")]
    public async Task E3_what_is_no_time_is_refused_by_the_name_of_the_header(string wait)
    {
        await using var backend = await Backend.Start(Answer);
        var name = RegistryDriver.NewName();
        await Driver.DeployPrimary(name, backend.Serving());

        await using var caller = await ConnectFrom(Address.Host);
        foreach (var path in (string[])[Predict(name), $"/v2/models/{RegistryDriver.InPath(name)}/infer", "/openai/v1/completions"])
        {
            await caller.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: {Address.Authority}\r\nAuthorization: Bearer {OperatorKey}\r\nModel-Wait:{wait}\r\nContent-Length: 0\r\n\r\n"));
            var buffer = new byte[10_000];
            var answer = Encoding.UTF8.GetString(buffer, 0, await caller.ReadAtLeastAsync(buffer, 400, throwOnEndOfStream: false));
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Contains("\"Model-Wait\":[", answer, StringComparison.Ordinal);
        }

        Assert.Empty(_arrived);
    }

    [Fact]
    public async Task W1_without_the_header_and_with_0_nobody_waits()
    {
        await using var backend = await Backend.Start(Answer);
        var name = RegistryDriver.NewName();
        await Driver.DeployPrimary(name, Starting(backend));

        (await Driver.Post(Predict(name), Body)).IsProblem(409, ErrorCode.NoPrimary);
        (await Driver.Post(Predict(name), Body, ("Model-Wait", "0"))).IsProblem(409, ErrorCode.NoPrimary);
        (await Driver.Post(Predict(name) + "?version=0.1.0", Body, ("Model-Wait", "0"))).IsProblem(503, ErrorCode.VersionStarting);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?version=0.1.0")]
    public async Task W1_when_the_time_is_over_the_version_still_starts(string version)
    {
        await using var backend = await Backend.Start(Answer);
        var name = RegistryDriver.NewName();
        await Driver.DeployPrimary(name, Starting(backend));
        var began = Stopwatch.GetTimestamp();

        var reply = (await Driver.Post(Predict(name) + version, Body, ("Model-Wait", "1"))).IsProblem(503, ErrorCode.VersionStarting);

        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromSeconds(1), "It did not wait.");
        Assert.Equal("1", reply.Header("Retry-After"));
        Assert.Equal(0, Parked.Count);
    }

    [Fact]
    public async Task W1_what_will_not_come_up_is_told_at_once()
    {
        await using var backend = await Backend.Start(Answer);
        var name = RegistryDriver.NewName();
        await Driver.Deploy(name, backend.Serving());
        (await Driver.Post(Predict(name), Body, ("Model-Wait", "600"))).IsProblem(409, ErrorCode.NoPrimary);
        (await Driver.Post(Predict(name) + "?version=9.9.9", Body, ("Model-Wait", "600"))).IsProblem(404, ErrorCode.VersionNotFound);

        var failed = await Driver.DeployPrimary(RegistryDriver.NewName(), Starting(backend, startupTimeoutSeconds: 1));
        var path = $"/v1/model_versions/{failed["id"]}/predict";
        var reply = (await Driver.Post(path, Body, ("Model-Wait", "600")).WaitAsync(WaitTimeout)).IsProblem(503, ErrorCode.ServingFailed);
        Assert.Contains("503", reply["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deactivate", 409, ErrorCode.VersionInactive)]
    [InlineData("delete", 410, ErrorCode.VersionDeleted)]
    public async Task W1_a_version_that_is_stopped_while_calls_wait_answers_as_such(string command, int status, string code)
    {
        await using var backend = await Backend.Start(Answer);
        var version = await Driver.DeployPrimary(RegistryDriver.NewName(), Starting(backend));
        var call = Driver.Post($"/v1/model_versions/{version["id"]}/predict", Body, ("Model-Wait", "600"));
        await UntilParked(1);

        (await (command == "delete" ? Driver.Delete($"/v1/model_versions/{version["id"]}") : Driver.Do(command, version["id"]!))).Is(200);

        (await call.WaitAsync(WaitTimeout)).IsProblem(status, code);
    }

    [Fact]
    public async Task W1_no_drain_waits_for_the_100_calls_that_may_wait_for_a_version()
    {
        await using var backend = await Backend.Start(Answer);
        var (name, key, other) = (RegistryDriver.NewName(), await NewKey(), await NewKey());
        var drained = await Driver.Deploy(name, backend.Serving());
        var version = await Driver.DeployPrimary(name, Starting(backend));
        var path = $"/v1/model_versions/{version["id"]}/predict";
        List<Task<Reply>> calls = [.. Enumerable.Range(0, ParkedCalls.MaxOfVersion).Select(
            place => (place % 2 == 0 ? key : other).Post(path, Body, ("Model-Wait", "600")))];
        await UntilParked(ParkedCalls.MaxOfVersion);

        var stopped = (await Driver.Do("deactivate", $"{drained["id"]}", "{\"drain_seconds\":60}").WaitAsync(TimeSpan.FromSeconds(20))).Is(200);

        Assert.Equal("0", stopped["in_flight_left"]);
        (await Driver.Post(path, Body, ("Model-Wait", "600")).WaitAsync(WaitTimeout)).IsProblem(503, ErrorCode.VersionStarting);
        Assert.Equal(ParkedCalls.MaxOfVersion, Parked.Count);
        _isUp = true;
        Assert.All(await Task.WhenAll(calls).WaitAsync(WaitTimeout), reply => reply.Is(200));
        Assert.Equal(0, Parked.Count);
    }

    [Fact]
    public async Task W1_a_key_has_50_calls_that_wait_and_they_are_among_its_open_calls()
    {
        await using var backend = await Backend.Start(Answer);
        var (key, version) = (await NewKey(), await Driver.Deploy(RegistryDriver.NewName(), Starting(backend)));
        var ready = await Driver.Deploy(RegistryDriver.NewName(), backend.Serving());
        var path = $"/v1/model_versions/{version["id"]}/predict";
        List<Task<Reply>> calls = [.. Enumerable.Range(0, ParkedCalls.MaxOfKey).Select(_ => key.Post(path, Body, ("Model-Wait", "600")))];
        await UntilParked(ParkedCalls.MaxOfKey);

        (await key.Post(path, Body, ("Model-Wait", "600")).WaitAsync(WaitTimeout)).IsProblem(503, ErrorCode.VersionStarting);
        (await key.Post($"/v1/model_versions/{ready["id"]}/predict", Body)).Is(200);

        // The two that the key may still have open.
        _arrived.Clear();
        TaskCompletionSource go = new();
        await using var slow = await Backend.Start(async http =>
        {
            _arrived.Enqueue(string.Join(",", http.Request.Headers.Keys));
            await go.Task;
        });
        var held = await Driver.Deploy(RegistryDriver.NewName(), slow.Serving());
        var open = Enumerable.Range(0, 2).Select(_ => key.Post($"/v1/model_versions/{held["id"]}/predict", Body)).ToList();
        await Until(() => _arrived.Count == 2);
        (await key.Post($"/v1/model_versions/{ready["id"]}/predict", Body)).IsProblem(429, ErrorCode.RateLimited);
        go.SetResult();
        await Task.WhenAll(open);
        _isUp = true;
        Assert.All(await Task.WhenAll(calls).WaitAsync(WaitTimeout), reply => reply.Is(200));
    }

    [Fact]
    public async Task W1_a_key_that_is_revoked_while_its_call_waits_is_401()
    {
        await using var backend = await Backend.Start(Answer);
        var made = (await Driver.Post("/v1/api_keys", "{\"name\":\"x\",\"role\":\"invoker\"}")).Is(201);
        var version = await Driver.Deploy(RegistryDriver.NewName(), Starting(backend));
        var call = DriverOf(made["key"]).Post($"/v1/model_versions/{version["id"]}/predict", Body, ("Model-Wait", "600"));
        await UntilParked(1);

        (await Driver.Delete($"/v1/api_keys/{made["api_key.prefix"]}")).Is(200);
        _isUp = true;

        (await call.WaitAsync(WaitTimeout)).IsProblem(401, ErrorCode.Unauthenticated);
        Assert.Empty(_arrived);
    }

    [Fact]
    public async Task W1_who_hangs_up_frees_the_place()
    {
        await using var backend = await Backend.Start(Answer);
        var version = await Driver.Deploy(RegistryDriver.NewName(), Starting(backend));
        await using (var caller = await ConnectFrom(Address.Host))
        {
            await caller.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/model_versions/{version["id"]}/predict HTTP/1.1\r\nHost: {Address.Authority}\r\nAuthorization: Bearer {OperatorKey}\r\n"
                + "Model-Wait: 600\r\nContent-Length: 2\r\n\r\n{}"));
            await UntilParked(1);
        }

        await UntilParked(0);
    }

    [Fact]
    public async Task W1_a_node_that_stops_answers_the_calls_that_wait_and_ends_soon()
    {
        await using var backend = await Backend.Start(Answer);
        var version = await Driver.Deploy(RegistryDriver.NewName(), Starting(backend));
        var call = Driver.Post($"/v1/model_versions/{version["id"]}/predict", Body, ("Model-Wait", "600"));
        await UntilParked(1);
        var began = Stopwatch.GetTimestamp();

        await Stop();

        var took = Stopwatch.GetElapsedTime(began);
        (await call.WaitAsync(WaitTimeout)).IsProblem(503, ErrorCode.VersionStarting);
        Assert.True(took < TimeSpan.FromSeconds(10), $"It took {took}.");
    }

    private static string Predict(string name) => $"/v1/models/{RegistryDriver.InPath(name)}/predict";

    private static string Starting(Backend backend, int startupTimeoutSeconds = 600) => $$"""
        "serving":{"url":"{{backend.Url}}/","health_url":"{{backend.Url}}/health","startup_timeout_seconds":{{startupTimeoutSeconds}}}
        """;

    private static async Task Until(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(WaitTimeout);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), timeout.Token);
        }
    }

    private Task UntilParked(int count) => Until(() => Parked.Count == count);

    private async Task<RegistryDriver> NewKey() =>
        DriverOf((await Driver.Post("/v1/api_keys", "{\"name\":\"caller\",\"role\":\"invoker\"}")).Is(201)["key"]);

    /// <summary>What the model's server does: it tells its health, opens WebSockets, and says how long a body was.</summary>
    private async Task Answer(HttpContext http)
    {
        if (http.Request.Path == "/health")
        {
            http.Response.StatusCode = _isUp ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return;
        }

        _arrived.Enqueue(string.Join(",", http.Request.Headers.Keys));
        if (http.WebSockets.IsWebSocketRequest)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, http.RequestAborted);
            return;
        }

        var length = 0;
        var buffer = new byte[10_000];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0; length += read)
        {
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$"""{"length":{{length}}}""");
    }
}
