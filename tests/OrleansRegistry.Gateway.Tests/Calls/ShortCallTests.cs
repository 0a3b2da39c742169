using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>The routes at the root, which say in the answer's body which version has answered.</summary>
public sealed class ShortCallTests(ImpatientServer server) : IClassFixture<ImpatientServer>
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task O4_a_json_answer_is_a_member_of_an_object_that_names_model_and_version()
    {
        await using var backend = await Backend.Start(async http =>
        {
            Assert.False(http.Request.Headers.ContainsKey("Accept-Encoding"));
            http.Response.StatusCode = 201;
            http.Response.ContentType = "application/json";
            http.Response.Headers.ETag = "\"1\"";
            http.Response.Headers["X-Own"] = "y";
            using var reader = new StreamReader(http.Request.Body);
            var body = $$"""  {"path":"{{http.Request.Path}}{{http.Request.QueryString}}","got":{{await reader.ReadToEndAsync()}}} """;
            http.Response.ContentLength = body.Length;
            await http.Response.WriteAsync(body);
        });
        var name = "org/" + RegistryDriver.NewName() + "@home";
        var first = await _registry.DeployPrimary(name, "\"version\":\"1.0.0\"," + backend.Serving("/m"));
        var second = await _registry.DeployPrimary(name, "\"version\":\"2.0.0\"," + backend.Serving("/m"));

        await Answers($"/models/{first["model_id"]}/predict?a=1", second, "/m?a=1");
        await Answers($"/models/{RegistryDriver.InPath(name)}/predict", second, "/m");
        await Answers($"/models/{RegistryDriver.InPath(name)}/predict?version=^1", first, "/m");
        await Answers($"/models/{RegistryDriver.InPath(name)}/predict", first, "/m", ("Model-Version", "1.0.0"));
        await Answers($"/model_versions/{first["id"]}/predict?version=2", first, "/m?version=2");
        await Answers($"/model_versions/{RegistryDriver.InPath(name + "@1.0.0")}/predict", first, "/m");

        async Task Answers(string route, Reply version, string path, params (string, string)[] headers)
        {
            var answer = (await _registry.Post(route, "[1]", [.. headers, ("Accept-Encoding", "gzip")])).Is(201);
            Assert.Equal($$$"""{"model_id":"{{{version["model_id"]}}}","model_version_id":"{{{version["id"]}}}","model_output":  {"path":"{{{path}}}","got":[1]} }""", answer.Text);
            Assert.Equal((null, "y", version["id"]), (answer.Header("ETag"), answer.Header("X-Own"), answer.Header("Model-Version-Id")));
        }
    }

    [Theory]
    [InlineData(200, "application/problem+json; charset=\"UTF-8\"", "{}", true)]
    [InlineData(200, "application/json", "", true)]
    [InlineData(400, "application/json", "{}", false)]
    [InlineData(200, "text/plain", "{}", false)]
    [InlineData(200, null, "{}", false)]
    [InlineData(200, "application/json; charset=iso-8859-1", "{}", false)]
    [InlineData(200, "application/x-ndjson", "{}", false)]
    [InlineData(200, "Application/Stream+JSON", "{}", false)]
    [InlineData(200, "application/upstream.v1+json", "{}", true)]
    [InlineData(204, null, "", false)]
    [InlineData(206, "application/json", "7", false)]
    [InlineData(307, "application/json", "{}", false)]
    public async Task O4_any_other_answer_passes_as_it_is(int status, string? type, string body, bool isFramed)
    {
        await using var backend = await Backend.Start(async http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = type;
            await http.Response.WriteAsync(body);
        });
        var made = await _registry.DeployPrimary(RegistryDriver.NewName(), backend.Serving());

        var answer = (await _registry.Post($"/model_versions/{made["id"]}/predict", "{}")).Is(status);

        Assert.Equal(isFramed ? body.Length == 0 ? "null" : body : body, isFramed ? JsonNode.Parse(answer.Text)!["model_output"]?.ToJsonString() ?? "null" : answer.Text);
    }

    [Fact]
    public async Task O4_an_answer_that_is_encoded_all_the_same_passes_as_it_is()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.Headers.ContentEncoding = "x";
            return http.Response.WriteAsync("encoded");
        });
        var made = await _registry.DeployPrimary(RegistryDriver.NewName(), backend.Serving());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/model_versions/{made["id"]}/predict");

        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("encoded", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("application/stream+json")]
    [InlineData("application/vnd.acme.stream+json; charset=utf-8")]
    [InlineData("application/x-ndjson")]
    [InlineData("application/jsonl")]
    [InlineData("application/json-seq")]
    [InlineData("text/event-stream")]
    public async Task O4_a_stream_of_values_passes_as_it_is_item_by_item(string type)
    {
        using var next = new SemaphoreSlim(0);
        await using var backend = await Backend.Start(async http =>
        {
            http.Response.ContentType = type;
            for (var i = 0; i < 3; i++)
            {
                await http.Response.WriteAsync($"{{\"n\":{i}}}\n");
                await http.Response.Body.FlushAsync();
                Assert.True(await next.WaitAsync(WaitTimeout));
            }
        });
        var made = await _registry.DeployPrimary(RegistryDriver.NewName(), backend.Serving());
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/models/{made["model_id"]}/predict");
        using var answer = await server.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
        for (var i = 0; i < 3; i++)
        {
            // The model's server waits until this item has been read here.
            Assert.Equal($"{{\"n\":{i}}}", await reader.ReadLineAsync().WaitAsync(WaitTimeout));
            next.Release();
        }

        Assert.Null(await reader.ReadLineAsync().WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task O4_a_problem_passes_as_it_is()
    {
        (await _registry.Post("/models/none/predict", "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        (await _registry.Post("/model_versions/0000000000-1/predict", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Post("/model_versions/iris%40%5E1/predict", "{}")).IsInvalid("id");
        (await _registry.Get("/models/none/predict")).IsProblem(405, ErrorCode.MethodNotAllowed);
    }
}
