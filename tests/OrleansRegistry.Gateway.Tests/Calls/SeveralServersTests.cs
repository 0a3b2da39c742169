using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>A node that waits for a second only.</summary>
public sealed class HastyServer : SqliteServer
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> Settings =>
    [
        "--Registry:Calls:ActivityTimeoutSeconds=1",
        "--Registry:Calls:ConnectTimeoutSeconds=1",
        "--Registry:Calls:MaxBufferedBytes=2048",
    ];
}

/// <summary>
/// Calls to versions with several servers, of which one fails. The servers count what they get: nothing is delivered
/// twice but where rule SV6 allows it.
/// </summary>
public sealed class SeveralServersTests(HastyServer server) : IClassFixture<HastyServer>, IAsyncLifetime
{
    private const int Long = 1 << 20;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;
    private Backend _good = null!;
    private int _answered;

    /// <summary>What happens to a call that was at the faulty server first, by fault and kind, and to one that may be made twice.</summary>
    public static TheoryData<Fault, string, string, string> Outcomes => new()
    {
        { Fault.Refuses, "POST", "200", "200" },
        { Fault.Refuses, "POST long", "200", "200" },
        { Fault.Refuses, "POST long chunked", "200", "200" },
        { Fault.Refuses, "POST expecting", "200", "200" },
        { Fault.Refuses, "POST nothing", "200", "200" },
        { Fault.Refuses, "GET", "200", "200" },
        { Fault.Refuses, "WebSocket", "101", "101" },
        { Fault.Resets, "POST", "502", "200" },
        { Fault.Resets, "POST long", "502", "502" },
        { Fault.Resets, "POST long chunked", "502", "502" },
        { Fault.Resets, "POST expecting", "200", "200" },
        { Fault.Resets, "POST nothing", "502", "200" },
        { Fault.Resets, "GET", "200", "200" },
        { Fault.Resets, "WebSocket", "502", "502" },
        { Fault.Closes, "POST", "502", "200" },
        { Fault.Closes, "POST expecting", "200", "200" },
        { Fault.Closes, "POST nothing", "502", "200" },
        { Fault.Closes, "POST bare", "502", "200" },
        { Fault.Closes, "GET", "200", "200" },
        { Fault.Closes, "WebSocket", "502", "502" },
        { Fault.ResetsAfterHead, "POST", "broken", "broken" },
        { Fault.ResetsAfterHead, "GET", "broken", "broken" },
        { Fault.Hangs, "POST", "504", "504" },
        { Fault.Hangs, "POST nothing", "504", "504" },
        { Fault.Hangs, "GET", "504", "504" },
        { Fault.Hangs, "WebSocket", "504", "504" },
        { Fault.Babbles, "POST", "502", "502" },
        { Fault.Babbles, "GET", "502", "502" },
        { Fault.IsBusy, "POST", "503", "200" },
        { Fault.IsBusy, "POST long", "503", "503" },
        { Fault.IsBusy, "POST expecting", "503", "200" },
        { Fault.IsBusy, "POST nothing", "503", "200" },
        { Fault.IsBusy, "GET", "503", "200" },
        { Fault.IsBusy, "WebSocket", "503", "503" },
    };

    public async ValueTask InitializeAsync() => _good = await Backend.Start(Answer);

    public ValueTask DisposeAsync() => _good.DisposeAsync();

    [Theory]
    [MemberData(nameof(Outcomes))]
    public async Task SV6_a_call_is_made_again_only_where_it_may_be(Fault fault, string kind, string once, string repeatable)
    {
        foreach ((var expected, var isRepeatable) in ((string, bool)[])[(once, false), (repeatable, true)])
        {
            // More than is kept of a body.
            var isLong = kind.Contains("long", StringComparison.Ordinal) && fault != Fault.Refuses;
            await using var faulty = new FaultyServer(fault, isLong ? 2 * KeptBytes.Max : 0);
            var id = await Deploy(isRepeatable, faulty.Url, _good.Url);
            var calls = 0;
            var errors = 0;
            Made made;
            // Until one was at the faulty server first: that chance is a half.
            do
            {
                var (before, good) = (faulty.Requests, _answered);
                made = await Make(kind, $"/v1/model_versions/{id}/predict");
                calls++;
                errors += made.Outcome is "broken" || made.Outcome[0] == '5' ? 1 : 0;
                Assert.Equal(made.Outcome is "200" or "101" ? 1 : 0, _answered - good);
                Assert.True(faulty.Requests - before <= 1, "It was delivered twice.");
                Assert.False(fault == Fault.Refuses && faulty.Requests > 0);
            }
            while (made.Attempts is null && faulty.Requests == 0);

            Assert.Equal((expected, expected is "200" or "101" ? "2" : null), (made.Outcome, made.Attempts));
            Assert.Equal(($"{calls}", $"{errors}"), await Counts(id));
        }
    }

    private async Task Answer(HttpContext http)
    {
        Interlocked.Increment(ref _answered);
        if (http.WebSockets.IsWebSocketRequest)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", default);
            return;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        http.Response.Headers["Seen"] = $"{http.Request.Method} {body.Length} {http.Request.Path}";
        await http.Response.Body.WriteAsync(body.ToArray());
    }

    private async Task<string> Deploy(bool isRepeatable, params string[] servers) =>
        (await _registry.DeployPrimary(RegistryDriver.NewName(), Backend.Serving(isRepeatable, servers)))["id"]!;

    private async Task<Made> Make(string kind, string path)
    {
        if (kind == "WebSocket")
        {
            return await Open(path);
        }

        if (kind == "POST bare")
        {
            var text = await RawCaller.Call(server, $"POST {path} HTTP/1.1", "");
            return new Made(text.Split(' ')[1], text.Split("Model-Attempts: ").ElementAtOrDefault(1)?.Split('\r')[0]);
        }

        var body = Encoding.ASCII.GetBytes(kind.Contains("long", StringComparison.Ordinal) ? string.Concat(Enumerable.Range(0, Long / 8).Select(number => $"{number,8}")) : """{"a":1}""");
        using var request = new HttpRequestMessage(kind == "GET" ? HttpMethod.Get : HttpMethod.Post, path)
        {
            Content = kind == "GET" ? null : new ByteArrayContent(kind == "POST nothing" ? [] : body),
        };
        request.Headers.TransferEncodingChunked = kind.EndsWith("chunked", StringComparison.Ordinal) ? true : null;
        request.Headers.ExpectContinue = kind.EndsWith("expecting", StringComparison.Ordinal) ? true : null;
        try
        {
            using var answer = await server.Client.SendAsync(request).WaitAsync(WaitTimeout);
            var text = await answer.Content.ReadAsByteArrayAsync();
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                Assert.Equal(kind is "GET" or "POST nothing" ? [] : body, text);
            }

            return new Made($"{(int)answer.StatusCode}", answer.Headers.TryGetValues("Model-Attempts", out var attempts) ? attempts.Single() : null);
        }
        catch (HttpRequestException)
        {
            return new Made("broken", null);
        }
    }

    private async Task<Made> Open(string path)
    {
        using var client = new ClientWebSocket();
        client.Options.SetRequestHeader("Authorization", "Bearer " + RegistryServer.OperatorKey);
        client.Options.CollectHttpResponseDetails = true;
        using var timeout = new CancellationTokenSource(WaitTimeout);
        try
        {
            await client.ConnectAsync(new UriBuilder(new Uri(server.Address, path)) { Scheme = "ws" }.Uri, timeout.Token);
            Assert.Equal(WebSocketMessageType.Close, (await client.ReceiveAsync(new byte[8], timeout.Token)).MessageType);
            await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
        }
        catch (WebSocketException)
        {
            // Its status says why.
        }

        return new Made(
            $"{(int)client.HttpStatusCode}",
            client.HttpResponseHeaders?.TryGetValue("Model-Attempts", out var attempts) is true ? attempts.Single() : null);
    }

    /// <summary>What was counted of a version's calls, once the last one is over.</summary>
    private async Task<(string? Calls, string? Errors)> Counts(string id)
    {
        Reply traffic;
        do
        {
            traffic = (await _registry.Get($"/v1/model_versions/{id}/traffic")).Is(200);
        }
        while (traffic["in_flight"] != "0");

        return (traffic["calls"], traffic["errors"]);
    }

    private sealed record Made(string Outcome, string? Attempts);
}
