using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>The routes of OpenAI's clients, which name model and version in the body.</summary>
public sealed class CompletionTests(ImpatientServer server) : IClassFixture<ImpatientServer>
{
    private const string ByteOrderMark = "\ufeff";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("chat/completions")]
    [InlineData("completions")]
    [InlineData("embeddings")]
    public async Task The_body_says_which_model_and_version_is_meant(string route)
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, "\"version\":\"1.0.0\"," + backend.Serving("/one/"));
        var id = (await _registry.DeployPrimary(name, "\"version\":\"2.0.0\"," + backend.Serving("/two/predict")))["id"]!;

        await Reaches(name, "/two", "2.0.0");
        await Reaches($"{name}@1.0.0", "/one", "1.0.0");
        await Reaches($"{name}@^1", "/one", "1.0.0");
        await Reaches($"{name}@{id}", "/two", "2.0.0");
        await Reaches(id[..10], "/two", "2.0.0");
        await Reaches(name, "/one", "1.0.0", ("Model-Version", "1.x"));

        async Task Reaches(string model, string path, string version, params (string, string)[] headers)
        {
            var body = $$"""{"messages":[{"role":"user","content":"hi"}],"model":"{{model}}","stream":false}""";
            var answer = (await _registry.Post($"/v1/{route}?api-version=3", body, headers)).Is(200);
            Assert.Equal($"{path}/v1/{route}?api-version=3 {body}", answer.Text);
            Assert.Equal(version, answer.Header("Model-Version"));
        }
    }

    [Fact]
    public async Task A_name_with_an_at_sign_is_called_with_a_selector_behind_it_or_without()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName() + "@home";
        await _registry.DeployPrimary(name, backend.Serving());

        (await _registry.Post("/v1/completions", $$"""{"model":"{{name}}@*"}""")).Is(200);
        (await _registry.Post("/v1/completions", $$"""{"model":"{{name}}"}""")).Is(200);
    }

    [Fact]
    public async Task A_long_body_is_taken_wherever_its_model_stands()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        var text = new string('x', ImpatientServer.MaxBufferedBytes * 20);

        foreach (var body in (string[])[$$"""{"model":"{{name}}","prompt":"{{text}}"}""", $$"""{"prompt":"{{text}}","model":"{{name}}"}"""])
        {
            var answer = (await _registry.Post("/v1/completions", body)).Is(200);
            Assert.EndsWith(" " + body, answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_body_without_end_that_names_its_model_late_is_refused()
    {
        using var content = new StringContent($$"""{"prompt":"{{new string('x', ImpatientServer.MaxBodyBytes * 2)}}"}""", Encoding.UTF8);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = content };
        request.Headers.TransferEncodingChunked = true;

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("{", "body")]
    [InlineData("{}", "model")]
    [InlineData("{\"model\":1}", "model")]
    public async Task A_body_that_names_no_model_is_refused_as_openai_clients_read_it(string body, string field)
    {
        var refused = (await _registry.Post("/v1/chat/completions", body)).IsInvalid(field);

        Assert.Equal(("invalid_request_error", field, ErrorCode.ValidationFailed), (refused["error.type"], refused["error.param"], refused["error.code"]));
        Assert.Contains(field, refused["error.message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_model_field_is_refused_before_anybody_is_asked()
    {
        var calls = 0;
        await using var backend = await Backend.Start(_ =>
        {
            Interlocked.Increment(ref calls);
            return Task.CompletedTask;
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        var refused = (await _registry.Post("/v1/completions", $$"""{"model":"{{name}}","mod\u0065l":"other"}""")).IsInvalid("model");

        Assert.Equal("model", refused["error.param"]);
        Assert.Equal(0, calls);
    }

    [Theory]
    [InlineData("""{"model":"{0}" """)]
    [InlineData("""{"model":"{0}","x":01}""")]
    [InlineData("""{"x":"\q","model":"{0}"}""")]
    [InlineData("""{"model":"{0}"}}""")]
    public async Task A_body_that_is_no_json_is_refused_before_anybody_is_asked(string body)
    {
        var calls = 0;
        await using var backend = await Backend.Start(_ =>
        {
            Interlocked.Increment(ref calls);
            return Task.CompletedTask;
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        foreach (var route in (string[])["chat/completions", "completions", "embeddings"])
        {
            (await _registry.Post("/v1/" + route, body.Replace("{0}", name, StringComparison.Ordinal))).IsInvalid("body");
        }

        Assert.Equal(0, calls);
    }

    [Theory]
    [InlineData("""{"model":"{0}","prompt":"hi" """, """, "model":"other"}""", "model", "must not appear twice", false)]
    [InlineData("""{"model":"{0}","prompt":"hi" """, """, "model":"other"}""", "model", "must not appear twice", true)]
    [InlineData("""{"model":"{0}","prompt":"hi" """, """, "seed":01, "other":1}""", "body", "is not JSON", false)]
    [InlineData("""{"model":"{0}","prompt":"hi" """, """, "other":1""", "body", "is not JSON", false)]
    [InlineData("""{"model":"{0}","prompt":"hi" """, """, "other":1""", "body", "is not JSON", true)]
    [InlineData("""{"model":"{0}","prompt":"hi" """, "", "body", "is not JSON", true)]
    public async Task A_body_that_turns_out_wrong_later_breaks_the_request_to_the_server_off_before_its_end(
        string first, string second, string field, string why, bool isChunked)
    {
        var asked = new TaskCompletionSource();
        var received = new TaskCompletionSource<string>();
        await using var backend = new RawBackend(async (stream, stop) =>
        {
            await RawBackend.ReadHead(stream, stop);
            asked.SetResult();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            try
            {
                received.SetResult(await reader.ReadToEndAsync(stop));
            }
            catch (IOException)
            {
                received.SetResult("");
            }
        });
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, backend.Serving))["id"];
        first = first.Replace("{0}", name, StringComparison.Ordinal);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        var stream = client.GetStream();
        var framing = isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {first.Length + second.Length}";

        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n{framing}\r\nConnection: close\r\n\r\n{Part(first)}"));
        await asked.Task.WaitAsync(Patience);
        await stream.WriteAsync(Encoding.ASCII.GetBytes((second.Length > 0 ? Part(second) : "") + (isChunked ? "0\r\n\r\n" : "")));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync().WaitAsync(Patience);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"errors\":{{\"{field}\":[\"{why}\"]}}", answer, StringComparison.Ordinal);
        var got = await received.Task.WaitAsync(Patience);
        Assert.DoesNotContain(isChunked ? "\r\n0\r\n" : "other", got, StringComparison.Ordinal);
        Assert.Equal("0", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["errors"]);

        string Part(string text) => isChunked ? $"{text.Length:x}\r\n{text}\r\n" : text;
    }

    [Fact]
    public async Task A_byte_order_mark_is_overlooked_on_every_route_that_reads_json()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        using var deployment = new StringContent($$"""{{ByteOrderMark}}{"model_name":"{{name}}","publish":true,{{backend.Serving()}}}""", Encoding.UTF8, "application/json");
        using var completion = new StringContent($$"""{{ByteOrderMark}}{"model":"{{name}}"}""", Encoding.UTF8, "application/json");

        (await _registry.Send(HttpMethod.Post, "/v1/model_versions", deployment)).Is(201);
        (await _registry.Send(HttpMethod.Post, "/v1/completions", completion)).Is(200);
    }

    [Fact]
    public async Task Two_selectors_are_one_too_many() => (await _registry.Post(
        "/v1/chat/completions", """{"model":"iris@1.0.0"}""", ("Model-Version", "1.0.0"))).IsInvalid("model");

    private static Task<Backend> Echo() => Backend.Start(async http =>
    {
        using var reader = new StreamReader(http.Request.Body);
        await http.Response.WriteAsync($"{http.Request.Path.Value}{http.Request.QueryString} {await reader.ReadToEndAsync()}");
    });
}
