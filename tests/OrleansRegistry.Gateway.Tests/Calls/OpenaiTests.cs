using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>What OpenAI's clients find under <c>/openai/v1</c>.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "A form disposes of its parts, and a request of its form.")]
public sealed class OpenaiTests(ImpatientServer server) : IClassFixture<ImpatientServer>
{
    private const string Face = "/openai/v1/";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("chat/completions")]
    [InlineData("completions")]
    [InlineData("embeddings")]
    [InlineData("responses")]
    [InlineData("moderations")]
    [InlineData("rerank")]
    [InlineData("score")]
    [InlineData("audio/speech")]
    [InlineData("images/generations")]
    public async Task O1_a_json_body_reaches_the_same_path_beside_the_serving_url(string path)
    {
        await using var backend = await Echo();
        var name = "org/" + RegistryDriver.NewName() + "@home";
        await _registry.DeployPrimary(name, backend.Serving("/team/predict"));

        foreach (var model in (string[])[name, name + "@0.1.0", name + "@^0.1"])
        {
            var body = $$"""{"messages":[],"model":"{{model}}"}""";
            var answer = (await _registry.Post(Face + path + "?a=%2F", body)).Is(200);
            Assert.Equal($"/team/v1/{path}?a=%2F application/json; charset=utf-8 {body.Length} {body}", answer.Text);
            Assert.Equal("0.1.0", answer.Header("Model-Version"));
        }
    }

    [Theory]
    [InlineData("audio/transcriptions")]
    [InlineData("audio/translations")]
    [InlineData("images/edits")]
    public async Task O1_a_form_reaches_the_same_path_wherever_its_model_stands(string path)
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        var file = new string('\r', ImpatientServer.MaxBufferedBytes * 3);
        foreach (var isFirst in (bool[])[true, false])
        {
            using var form = Form(name + "@*", file, isFirst);
            var sent = await form.ReadAsStringAsync(TestContext.Current.CancellationToken);

            var answer = (await _registry.Send(HttpMethod.Post, Face + path, form)).Is(200);

            Assert.Equal($"/v1/{path} {form.Headers.ContentType} {sent.Length} {sent}", answer.Text);
        }
    }

    [Theory]
    [InlineData("s")]
    [InlineData("org/\u00fc \"served\" by a name that is longer than what callers write, and longer than that too: 0123456789 0123456789")]
    public async Task O2_the_name_that_a_server_knows_stands_in_place_of_the_callers_in_json(string served)
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        var serving = new JsonObject { ["url"] = backend.Url, ["served_name"] = served }.ToJsonString();
        var made = await _registry.DeployPrimary(name, $"\"serving\":{serving}");
        Assert.Equal(served, made["serving.served_name"]);
        var text = new string('x', ImpatientServer.MaxBufferedBytes * 3);
        foreach (var route in (string[])[Face + "chat/completions", "/v1/chat/completions"])
        {
            foreach (var (before, behind) in ((string, string)[])[("", text), (text, ""), ("", "")])
            {
                var body = $$"""{"messages":"{{before}}", "model" : "{{name}}@0.1.0" ,"rest":"{{behind}}"}""";

                var answer = (await _registry.Post(route, body)).Is(200).Text;

                var got = answer[answer.IndexOf('{', StringComparison.Ordinal)..];
                var parsed = JsonNode.Parse(got)!;
                Assert.Equal((before, served, behind), ((string)parsed["messages"]!, (string)parsed["model"]!, (string)parsed["rest"]!));
                Assert.StartsWith($$"""{"messages":"{{before}}", "model" : """, got, StringComparison.Ordinal);
                Assert.Contains($" {Encoding.UTF8.GetByteCount(got).ToString(CultureInfo.InvariantCulture)} {{", answer, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("other", "|")]
    [InlineData(null, "sha-256=:eA==:|sha-256=eA==")]
    public async Task O2_what_a_caller_says_of_the_bytes_goes_on_with_them_only(string? served, string passed)
    {
        await using var backend = await Backend.Start(
            http => http.Response.WriteAsync($"{http.Request.Headers["Content-Digest"]}|{http.Request.Headers["Digest"]}"));
        var name = RegistryDriver.NewName();
        var serving = new JsonObject { ["url"] = backend.Url, ["served_name"] = served }.ToJsonString();
        await _registry.DeployPrimary(name, $"\"serving\":{serving}");

        var answer = await _registry.Post(
            Face + "chat/completions",
            $$"""{"model":"{{name}}"}""",
            ("Content-Digest", "sha-256=:eA==:"),
            ("Digest", "sha-256=eA=="));

        Assert.Equal(passed, answer.Is(200).Text);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task O2_the_name_that_a_server_knows_stands_in_place_of_the_callers_in_forms(bool isFirst, bool isChunked)
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, $$"""
            "serving":{"url":"{{backend.Url}}","served_name":"Qwen/Qwen2.5-7B"}
            """);
        using var form = Form(name, new string('x', ImpatientServer.MaxBufferedBytes * 3), isFirst);
        var sent = await form.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, Face + "audio/transcriptions") { Content = form };
        request.Headers.TransferEncodingChunked = isChunked;

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        var expected = sent.Replace($"\r\n{name}\r\n", "\r\nQwen/Qwen2.5-7B\r\n", StringComparison.Ordinal);
        Assert.NotEqual(sent, expected);
        Assert.Equal(
            $"/v1/audio/transcriptions {form.Headers.ContentType} {(isChunked ? "" : $"{expected.Length}")} {expected}",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task O1_a_version_that_says_so_is_called_under_other_paths_and_no_other_version()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        var made = await _registry.DeployPrimary(name, $$"""
            "serving":{"url":"{{backend.Url}}","openai_paths":["classify","audio/more"]}
            """);
        Assert.Equal("[\"classify\",\"audio/more\"]", made.Body!["serving"]!["openai_paths"]!.ToJsonString());
        var plain = RegistryDriver.NewName();
        await _registry.DeployPrimary(plain, backend.Serving());

        foreach (var path in (string[])["classify", "audio/more"])
        {
            Assert.StartsWith($"/v1/{path} ", (await _registry.Post(Face + path, $$"""{"model":"{{name}}"}""")).Is(200).Text, StringComparison.Ordinal);
            var refused = (await _registry.Post(Face + path, $$"""{"model":"{{plain}}"}""")).IsProblem(404, ErrorCode.NotFound);
            Assert.Equal((ErrorCode.NotFound, "0.1.0"), (refused["error.code"], refused.Header("Model-Version")));
        }

        (await _registry.Post(Face + "classify/more", $$"""{"model":"{{name}}"}""")).IsProblem(404, ErrorCode.NotFound);
        (await _registry.Post("/v1/classify", $$"""{"model":"{{name}}"}""")).IsProblem(404, ErrorCode.NotFound);
    }

    [Theory]
    [InlineData("POST", "files", "{}")]
    [InlineData("POST", "", "{}")]
    [InlineData("POST", "models", """{"model":"x"}""")]
    [InlineData("POST", "batches", "no json")]
    [InlineData("GET", "files/x", null)]
    [InlineData("GET", "chat/completions", null)]
    [InlineData("PUT", "files", "{}")]
    [InlineData("PATCH", "files", "{}")]
    [InlineData("DELETE", "models/x", null)]
    public async Task O1_what_is_not_there_is_said_in_the_shape_of_openai(string method, string path, string? body)
    {
        using var content = body is null ? null : new StringContent(body);
        var refused = await _registry.Send(HttpMethod.Parse(method), Face + path, content);

        refused.IsProblem(404, body?.Contains("model", StringComparison.Ordinal) is true ? ErrorCode.ModelNotFound : ErrorCode.NotFound);
        Assert.Equal((refused["code"], "invalid_request_error", refused["detail"]), (refused["error.code"], refused["error.type"], refused["error.message"]));
        Assert.NotNull((await server.DriverOf(null).Send(HttpMethod.Parse(method), Face + path, null)).IsProblem(401, ErrorCode.Unauthenticated)["error.message"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("classify/")]
    [InlineData("a//b")]
    [InlineData("a%2Fb")]
    [InlineData("class!fy")]
    [InlineData("129")]
    public async Task O1_a_path_that_no_version_can_have_is_not_there_before_its_body_is(string path)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        var connection = client.GetStream();
        var head = $"POST {Face}{(path == "129" ? new string('x', 129) : path)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RegistryServer.OperatorKey}\r\n";

        // Twice on one connection: what comes of a body behind the answer is left out.
        for (var i = 0; i < 2; i++)
        {
            await Send(head + "Content-Length: 4\r\n\r\n{\"");
            var answer = await RawCaller.ReadAnswer(connection).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);
            Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
            Assert.Contains("\"error\":{", answer, StringComparison.Ordinal);
            await Send("m\"");
        }

        ValueTask Send(string text) => connection.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task O3_models_are_listed_and_read_that_can_be_called()
    {
        await using var backend = await Echo();
        await using var slow = await ModelServer.Start();
        var tenant = await server.NewTenant();
        var driver = server.DriverOf(tenant.Key);
        var name = $"org/a{Guid.NewGuid():N}@home";
        var made = await driver.DeployPrimary(name, backend.Serving());
        var second = await driver.DeployPrimary("b", backend.Serving());
        await driver.Deploy("draft", backend.Serving());
        await driver.DeployPrimary("starting", $"\"serving\":{slow.Serving()}");
        var created = DateTimeOffset.Parse((await driver.Get($"/v1/models/{made["model_id"]}"))["created_at"]!, CultureInfo.InvariantCulture).ToUnixTimeSeconds();

        var list = (await driver.Get(Face + "models")).Is(200);
        Assert.Equal("list", list["object"]);
        Assert.Equal(["b", name], list.Body!["data"]!.AsArray().Select(model => (string)model!["id"]!));
        Assert.Equal($$"""{"id":"{{name}}","created":{{created}},"owned_by":"{{tenant.Workspace}}","object":"model"}""", list.Body["data"]![1]!.ToJsonString());

        foreach (var (asked, id) in ((string, string)[])[(name, name), (made["model_id"]!, name), (name + "@^0.1", name + "@0.1.0"), (name + "@0.1.0", name + "@0.1.0")])
        {
            var read = (await driver.Get(Face + "models/" + RegistryDriver.InPath(asked))).Is(200);
            Assert.Equal((id, "model", $"{created}", tenant.Workspace), (read["id"], read["object"], read["created"], read["owned_by"]));
        }

        Assert.Equal("model_not_found", (await driver.Get(Face + "models/none")).IsProblem(404, ErrorCode.ModelNotFound)["error.code"]);
        (await driver.Get(Face + "models/draft")).IsProblem(409, ErrorCode.NoPrimary);
        (await driver.Get(Face + "models/b%40%5E9")).IsProblem(404, ErrorCode.NoMatchingVersion);
        (await driver.Get(Face + "models/a%252Fb")).IsInvalid("model");

        // A key that is limited to some models knows of no other.
        var key = (await driver.Post("/v1/api_keys", """{"name":"x","role":"invoker","models":["b"]}""")).Is(201)["key"];
        var limited = server.DriverOf(key);
        Assert.Equal(["b"], (await limited.Get(Face + "models")).Is(200).Body!["data"]!.AsArray().Select(model => (string)model!["id"]!));
        (await limited.Get(Face + "models/" + RegistryDriver.InPath(name))).IsProblem(404, ErrorCode.ModelNotFound);
        (await driver.Do("deactivate", second["id"]!)).Is(200);
        Assert.Empty((await limited.Get(Face + "models")).Is(200).Body!["data"]!.AsArray());
        Assert.Empty((await server.DriverOf((await server.NewTenant()).Key).Get(Face + "models")).Is(200).Body!["data"]!.AsArray());
    }

    [Fact]
    public async Task O3_all_models_are_listed_however_many_there_are()
    {
        var driver = server.DriverOf((await server.NewTenant()).Key);
        var names = Enumerable.Range(0, 201).Select(i => string.Create(CultureInfo.InvariantCulture, $"m{i:000}")).ToList();
        await Parallel.ForEachAsync(names, async (name, _) => await driver.DeployPrimary(name));

        var list = (await driver.Get(Face + "models")).Is(200);

        Assert.Equal(names, list.Body!["data"]!.AsArray().Select(model => (string)model!["id"]!));
    }

    [Fact]
    public async Task A_form_that_turns_out_wrong_later_is_refused()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        using var form = Form(name, new string('x', ImpatientServer.MaxBufferedBytes * 20), isFirst: true);
        form.Add(new StringContent("other"), "model");

        var refused = (await _registry.Send(HttpMethod.Post, Face + "audio/transcriptions", form)).IsInvalid("model");

        Assert.Equal("model", refused["error.param"]);
    }

    [Fact]
    public async Task A_form_without_a_boundary_or_a_model_is_refused()
    {
        using var unbounded = new StringContent("--b--");
        unbounded.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data");
        (await _registry.Send(HttpMethod.Post, Face + "images/edits", unbounded)).IsInvalid("Content-Type");
        using var form = new MultipartFormDataContent { { new StringContent("x"), "prompt" } };
        Assert.Equal("model", (await _registry.Send(HttpMethod.Post, Face + "images/edits", form)).IsInvalid("model")["error.param"]);
    }

    private static MultipartFormDataContent Form(string model, string file, bool isFirst)
    {
        var form = new MultipartFormDataContent("a boundary".Replace(' ', '-'));
        if (isFirst)
        {
            form.Add(new StringContent(model), "model");
        }

        form.Add(new StringContent(file), "file", "audio \u00fc.wav");
        if (!isFirst)
        {
            form.Add(new StringContent(model), "\"model\"");
        }

        return form;
    }

    /// <summary>A server that says which path, type, length and body it got.</summary>
    private static Task<Backend> Echo() => Backend.Start(async http =>
    {
        using var reader = new StreamReader(http.Request.Body);
        await http.Response.WriteAsync(
            $"{http.Features.Get<IHttpRequestFeature>()!.RawTarget} {http.Request.ContentType} {http.Request.ContentLength} {await reader.ReadToEndAsync()}");
    });
}
