using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>What callers see of calls that were made at more than one server, on every route.</summary>
public sealed class OtherServerTests(HastyServer server) : IClassFixture<HastyServer>, IAsyncLifetime
{
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;
    private readonly ConcurrentQueue<string> _seen = [];
    private readonly FaultyServer _gone = new(Fault.Refuses);
    private Backend _good = null!;

    public async ValueTask InitializeAsync() => _good = await Backend.Start(async http =>
    {
        using var reader = new StreamReader(http.Request.Body);
        _seen.Enqueue($"{http.Request.Method} {http.Request.Path.Value}{http.Request.QueryString} {await reader.ReadToEndAsync()}");
        http.Response.Headers["Model-Attempts"] = "9";
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync("""{"name":"own","ok":true}""");
    });

    public async ValueTask DisposeAsync()
    {
        await _good.DisposeAsync();
        await _gone.DisposeAsync();
    }

    [Fact]
    public async Task SV6_at_most_three_servers_are_asked_and_the_problem_says_so()
    {
        await using var second = new FaultyServer(Fault.Refuses);
        await using var third = new FaultyServer(Fault.Refuses);
        await using var fourth = new FaultyServer(Fault.Refuses);
        var id = await Deploy(isRepeatable: true, _gone.Url, second.Url, third.Url, fourth.Url);

        // Also when all are set aside: then none is.
        for (var i = 0; i < 20; i++)
        {
            var answer = (await _registry.Post($"/v1/model_versions/{id}/predict", "{}")).IsProblem(502, ErrorCode.BackendUnreachable).IsNotSent();
            Assert.Equal(("3", "0.1.0"), (answer.Header("Model-Attempts"), answer.Header("Model-Version")));
        }

        var traffic = await _registry.Get($"/v1/model_versions/{id}/traffic");
        Assert.Equal(("20", "20"), (traffic["calls"], traffic["errors"]));
    }

    [Fact]
    public async Task SV5_a_server_that_is_away_is_asked_three_times_and_then_one_call_in_five_seconds_asks()
    {
        var id = await Deploy(isRepeatable: false, _gone.Url, _good.Url);
        var began = Stopwatch.GetTimestamp();
        var seconds = 0;

        for (var i = 0; i < 100; i++)
        {
            seconds += (await _registry.Post($"/v1/model_versions/{id}/predict", "{}")).Is(200).Header("Model-Attempts") is null ? 0 : 1;
        }

        Assert.InRange(seconds, 3, 3 + (int)(Stopwatch.GetElapsedTime(began) / TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task SV6_a_problem_says_that_a_call_was_sent_if_any_attempt_was()
    {
        await using var resets = new FaultyServer(Fault.Resets);
        var id = await Deploy(isRepeatable: true, _gone.Url, resets.Url);
        HashSet<string> details = [];

        // Whichever comes last.
        while (details.Count < 2)
        {
            var answer = (await _registry.Post($"/v1/model_versions/{id}/predict", "{}")).IsProblem(502, ErrorCode.BackendUnreachable);
            Assert.Equal(("true", "2"), (answer["sent"], answer.Header("Model-Attempts")));
            details.Add(answer["detail"]!.Split('(')[0]);
        }

        Assert.Equal(["The server of version 0.1.0 closed the connection, or did not answer in HTTP ", "The server of version 0.1.0 could not be reached "], details.Order());
    }

    [Fact]
    public async Task SV6_an_answer_that_gives_way_leaves_nothing_of_itself()
    {
        await using var busy = RawBackend.Answering("HTTP/1.1 503 Later\r\nRetry-After: 9\r\nOwn: busy\r\nContent-Length: 4\r\n\r\nbusy");
        var id = await Deploy(isRepeatable: true, busy.Url, _good.Url);
        Reply answer;
        do
        {
            answer = (await _registry.Post($"/v1/model_versions/{id}/predict", "{}")).Is(200);
        }
        while (answer.Header("Model-Attempts") is null);

        Assert.Equal(("2", null, null, "id"), (answer.Header("Model-Attempts"), answer.Header("Own"), answer.Header("Retry-After"), answer.Header("Model-Resolved-By")));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Equal(32, answer.Header("X-Request-Id")!.Length);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task SV6_the_last_servers_own_answer_is_passed_on(int status)
    {
        await using var first = RawBackend.Answering($"HTTP/1.1 {status} Later\r\nContent-Length: 4\r\n\r\nbusy");
        await using var second = RawBackend.Answering($"HTTP/1.1 {status} Later\r\nContent-Length: 4\r\n\r\nbusy");
        var id = await Deploy(isRepeatable: true, first.Url, second.Url);

        var answer = (await _registry.Post($"/v1/model_versions/{id}/predict", "{}")).Is(status);

        Assert.Equal(("busy", "2", null), (answer.Text, answer.Header("Model-Attempts"), answer.Header("Registry-Problem")));
    }

    [Theory]
    [InlineData("GET", "200")]
    [InlineData("POST", "502")]
    public async Task SV6_a_kept_connection_that_is_closed_just_then_is_used_once(string method, string expected)
    {
        var calls = 0;
        await using var closing = new RawBackend(async (stream, stop) =>
        {
            // It answers one call, and closes the connection at the head of the next one.
            await RawBackend.ReadHead(stream, stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Empty), stop);
            if ((await RawBackend.ReadHead(stream, stop)).Length > 0)
            {
                Interlocked.Increment(ref calls);
            }
        });
        var id = await Deploy(isRepeatable: false, closing.Url, _good.Url);
        var path = $"/v1/model_versions/{id}/predict";
        Reply answer;
        do
        {
            answer = await (method == "GET" ? _registry.Get(path) : _registry.Post(path, "{}"));
        }
        while (calls == 0);

        Assert.Equal((expected, 1), ($"{answer.Status}", calls));
        Assert.Equal(method == "GET" ? "2" : null, answer.Header("Model-Attempts"));
    }

    [Fact]
    public async Task SV1_what_is_appended_to_a_serving_URL_is_appended_to_each()
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, Backend.Serving(isRepeatable: false, _gone.Url + "/base", _good.Url + "/base")))["id"]!;
        var path = RegistryDriver.InPath(name);

        await Until("POST /base/a/b?x=1 {}", () => _registry.Post($"/v1/models/{path}/predict/a/b?x=1", "{}"));
        await Until("POST /base {}", () => _registry.Post($"/model_versions/{id}/predict", "{}"), $$$"""{"model_id":"{{{id.Split('-')[0]}}}","model_version_id":"{{{id}}}","model_output":{"name":"own","ok":true}}""");
        await Until($"POST /v2/models/{name}/infer {{}}", () => _registry.Post($"/v2/models/{path}/infer", "{}"));
        await Until($"GET /v2/models/{name} ", () => _registry.Get($"/v2/models/{path}"), $$"""{"name":"{{name}}","versions":["0.1.0"],"ok":true}""");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(50_000)]
    public async Task SV6_a_body_of_OpenAIs_routes_goes_to_the_other_server_whole_and_with_the_name_that_it_knows(int inFront)
    {
        var name = RegistryDriver.NewName();
        var serving = Backend.Serving(isRepeatable: false, _gone.Url, _good.Url);
        await _registry.DeployPrimary(name, serving.TrimEnd()[..^1] + ",\"served_name\":\"org/own\"}");
        var prompt = new string('x', inFront);

        // What is in front of the name waits on the disk if it is long.
        await Until(
            $$"""POST /v1/completions {"prompt":"{{prompt}}","model":"org/own","n":1}""",
            () => _registry.Post("/v1/completions", $$"""{"prompt":"{{prompt}}","model":"{{name}}","n":1}"""));
    }

    [Fact]
    public async Task SV6_a_call_that_may_not_go_on_is_not_made_again()
    {
        await using var hangs = new FaultyServer(Fault.Hangs);
        var id = await Deploy(isRepeatable: true, hangs.Url, _good.Url);
        using var hangUp = new CancellationTokenSource();
        while (hangs.Requests == 0)
        {
            var call = server.Client.PostAsync(new Uri($"/v1/model_versions/{id}/predict", UriKind.Relative), null, hangUp.Token);
            while (!call.IsCompleted && hangs.Requests == 0)
            {
                await Task.Yield();
            }

            if (hangs.Requests > 0)
            {
                _seen.Clear();
                await hangUp.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            }
        }

        while ((await _registry.Get($"/v1/model_versions/{id}/traffic"))["in_flight"] != "0")
        {
            await Task.Yield();
        }

        Assert.Empty(_seen);
        Assert.Equal("0", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["errors"]);
    }

    private async Task<string> Deploy(bool isRepeatable, params string[] servers) =>
        (await _registry.DeployPrimary(RegistryDriver.NewName(), Backend.Serving(isRepeatable, servers)))["id"]!;

    /// <summary>Calls until one was at the server that is gone first; each arrives at the other one once, as expected.</summary>
    private async Task Until(string arrives, Func<Task<Reply>> call, string answers = """{"name":"own","ok":true}""")
    {
        Reply answer;
        do
        {
            _seen.Clear();
            answer = (await call().WaitAsync(WaitTimeout)).Is(200);
            Assert.Equal([arrives], _seen);
            Assert.Equal(answers, answer.Text);
        }
        while (answer.Header("Model-Attempts") is null);

        Assert.Equal("2", answer.Header("Model-Attempts"));
    }
}
