using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Invocation;

/// <summary>The routes of OpenAI's clients, which name model and version in the body.</summary>
public sealed class CompletionTests(ImpatientServer server) : IClassFixture<ImpatientServer>
{
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
    public async Task A_name_with_an_at_sign_is_called_with_a_selector_behind_it()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName() + "@home";
        await _registry.DeployPrimary(name, backend.Serving());

        (await _registry.Post("/v1/completions", $$"""{"model":"{{name}}@*"}""")).Is(200);
        (await _registry.Post("/v1/completions", $$"""{"model":"{{name}}"}""")).IsProblem(404, ErrorCode.ModelNotFound);
    }

    [Fact]
    public async Task A_long_body_is_held_only_until_the_model_is_found()
    {
        await using var backend = await Echo();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        var text = new string('x', ImpatientServer.MaxBufferedBytes * 20);

        var answer = (await _registry.Post("/v1/completions", $$"""{"model":"{{name}}","prompt":"{{text}}"}""")).Is(200);
        Assert.EndsWith(text + "\"}", answer.Text, StringComparison.Ordinal);

        var refused = (await _registry.Post("/v1/completions", $$"""{"prompt":"{{text}}","model":"{{name}}"}""")).IsProblem(413, ErrorCode.PayloadTooLarge);
        Assert.Contains("put it first", refused["detail"], StringComparison.Ordinal);
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
    public async Task Two_selectors_are_one_too_many() => (await _registry.Post(
        "/v1/chat/completions", """{"model":"iris@1.0.0"}""", ("Model-Version", "1.0.0"))).IsInvalid("model");

    private static Task<Backend> Echo() => Backend.Start(async http =>
    {
        using var reader = new StreamReader(http.Request.Body);
        await http.Response.WriteAsync($"{http.Request.Path.Value}{http.Request.QueryString} {await reader.ReadToEndAsync()}");
    });
}
