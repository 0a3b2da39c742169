using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

/// <summary>Names with slashes and at signs, and versions that are named by model and number (rules A5 and A6).</summary>
[Collection(OnSqlite.Name)]
public sealed class PathTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    public static TheoryData<string> Names => ["Qwen/Qwen2.5-7B", "a/b/c", "team@iris", "org/team@iris", "iris@1", "x/..y/z.", "a/\u00e9/\U0001F600"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A5_a_name_with_slashes_and_at_signs_is_called_and_read_on_every_route(string prefix)
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync(http.Request.Path + " " + http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget));
        var name = $"{prefix} {Guid.NewGuid():N}";
        var made = await _registry.DeployPrimary(name, backend.Serving());
        var model = "/v1/models/" + RegistryDriver.InPath(name);
        Assert.DoesNotContain('/', RegistryDriver.InPath(name));

        Assert.Equal(name, (await _registry.Get(model)).Is(200)["name"]);
        Assert.Equal(made["id"], (await _registry.Get(model + "/resolve?version=^0.1")).Is(200)["version_id"]);
        Assert.Equal(made["id"], (await _registry.Get(model + "/versions/0.1.0")).Is(200)["id"]);
        Assert.Single(await _registry.All(model + "/versions"));
        Assert.NotEmpty(await _registry.All(model + "/events"));
        Assert.Equal("x", (await _registry.Patch(model, """{"description":"x"}""")).Is(200)["description"]);
        (await _registry.Post(model + "/rollback")).IsProblem(409, ErrorCode.NoPreviousPrimary);
        Assert.Equal("/a%2Fb /a%2Fb?c=%2F", (await _registry.Post(model + "/predict/a%2Fb?c=%2F", "{}")).Is(200).Text);
        Assert.EndsWith($" /v2/models/{RegistryDriver.InPath(name)}/infer", (await _registry.Post($"/v2/models/{RegistryDriver.InPath(name)}/infer", "{}")).Is(200).Text, StringComparison.Ordinal);
        (await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}/versions/0.1.0/ready")).Is(200);
        (await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}")).Is(200);
        (await _registry.Post($"/models/{RegistryDriver.InPath(name)}/predict", "{}")).Is(200);
        foreach (var route in (string[])["chat/completions", "completions", "embeddings"])
        {
            foreach (var called in (string[])[name, name + "@0.1.0", name + "@^0.1", $"{name}@{made["id"]}"])
            {
                var body = new System.Text.Json.Nodes.JsonObject { ["model"] = called }.ToJsonString();
                Assert.Equal("0.1.0", (await _registry.Post("/v1/" + route, body)).Is(200).Header("Model-Version"));
                Assert.Equal("0.1.0", (await _registry.Post("/openai/v1/" + route, body)).Is(200).Header("Model-Version"));
                (await _registry.Get("/openai/v1/models/" + RegistryDriver.InPath(called))).Is(200);
            }
        }

        Assert.Equal(made["id"], (await _registry.Get($"/v1/model_versions/{RegistryDriver.InPath(name + "@0.1.0")}")).Is(200)["id"]);
        var key = (await _registry.Post("/v1/api_keys", new System.Text.Json.Nodes.JsonObject { ["name"] = "x", ["role"] = "invoker", ["models"] = new System.Text.Json.Nodes.JsonArray(name) }.ToJsonString())).Is(201)["key"];
        (await server.DriverOf(key).Post(model + "/predict", "{}")).Is(200);
    }

    [Theory]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("../b")]
    [InlineData("a/..")]
    [InlineData("/")]
    [InlineData("a\\b")]
    [InlineData("a%2Fb")]
    public async Task A5_parts_of_a_name_are_not_empty_and_lead_nowhere(string name) => (await _registry.TryDeploy(name)).IsInvalid("model_name");

    [Theory]
    [InlineData("/v1/models/a%252Fb", "model")]
    [InlineData("/v1/models/a%252Fb/resolve", "model")]
    [InlineData("/v1/models/100%25", "model")]
    [InlineData("/v1/models/%ff", "model")]
    [InlineData("/v1/models/x/versions/%2525", "number")]
    [InlineData("/v1/model_versions/a%252Fb%401.0.0", "id")]
    [InlineData("/v2/models/a%252Fb", "model")]
    [InlineData("/openai/v1/models/a%252Fb", "model")]
    [InlineData("/v2/models/a%252Fb/versions/1/ready", "model")]
    public async Task A5_what_is_encoded_twice_is_refused(string path, string field)
    {
        var answer = await RawCaller.Call(server, $"GET {path} HTTP/1.1", "");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"errors\":{{\"{field}\":", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/x/../models/{0}")]
    [InlineData("/v1/models/./{0}")]
    [InlineData("/v1/models/y/%2e%2e/{0}")]
    public async Task A5_a_path_that_climbs_names_no_model(string path)
    {
        var name = "a/b " + Guid.NewGuid().ToString("N");
        await _registry.Deploy(name);

        var answer = await RawCaller.Call(server, $"GET {path.Replace("{0}", RegistryDriver.InPath(name), StringComparison.Ordinal)} HTTP/1.1", "");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"errors\":{\"path\":", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A5_a_slash_in_the_path_is_none_of_the_name()
    {
        var name = "a/b " + Guid.NewGuid().ToString("N");
        await _registry.Deploy(name);

        (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name).Replace("%2F", "/", StringComparison.Ordinal))).IsProblem(404, ErrorCode.NotFound);
        foreach (var slash in (string[])["%2F", "%2f"])
        {
            var path = RegistryDriver.InPath(name).Replace("%2F", slash, StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 200 ", await RawCaller.Call(server, $"GET /v1/models/{path} HTTP/1.1", ""), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A5_an_at_sign_separates_a_selector_only_where_there_is_one_and_a_model_in_front_of_it()
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync("x"));
        var name = RegistryDriver.NewName();
        var plain = await _registry.DeployPrimary(name, "\"version\":\"1.0.0\"," + backend.Serving());
        var numbered = await _registry.DeployPrimary(name + "@1", backend.Serving());

        Assert.Equal(plain["id"], (await Called(name + "@1")).Is(200).Header("Model-Version-Id"));
        Assert.Equal(numbered["id"], (await Called(name + "@1@*")).Is(200).Header("Model-Version-Id"));
        (await Called(name + "@nonsense")).IsProblem(404, ErrorCode.AliasNotFound);
        (await Called(name + "@Nonsense")).IsProblem(400, ErrorCode.InvalidSelector);
        (await Called("no such model@1")).IsProblem(404, ErrorCode.ModelNotFound);

        Task<Reply> Called(string model) => _registry.Post("/v1/completions", $$"""{"model":"{{model}}"}""");
    }

    [Fact]
    public async Task A6_a_version_is_read_called_and_changed_by_model_and_number()
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync("called"));
        var name = RegistryDriver.NewName() + "@home/x";
        var first = await _registry.DeployPrimary(name, backend.Serving());
        var second = await _registry.Deploy(name, backend.Serving());
        foreach (var model in (string[])[name, first["model_id"]!])
        {
            var path = $"/v1/model_versions/{RegistryDriver.InPath(model + "@0.2.0")}";
            var read = (await _registry.Get(path)).Is(200);
            Assert.Equal((second["id"], second["etag"]), (read["id"], read.ETag));
            (await _registry.Get(path, ("If-None-Match", read.ETag))).Is(304);
            (await _registry.Send(HttpMethod.Head, path, null)).Is(200);
            (await _registry.Get(path + "/traffic")).Is(200);
            (await _registry.Get(path + "/usage")).Is(200);
            Assert.NotEmpty(await _registry.All(path + "/events"));
            var called = (await _registry.Post(path + "/predict/x", "{}")).Is(200);
            Assert.Equal((second["id"], "exact"), (called.Header("Model-Version-Id"), called.Header("Model-Resolved-By")));
        }

        var named = $"/v1/model_versions/{RegistryDriver.InPath(name + "@0.2.0")}";
        Assert.Equal("x", (await _registry.Patch(named, """{"description":"x"}""")).Is(200)["description"]);
        Assert.Equal("published", (await _registry.Post(named + "/publish", """{"promote":false}""")).Is(200)["version.state"]);
        Assert.Equal("true", (await _registry.Post(named + "/promote")).Is(200)["version.is_primary"]);
        (await _registry.Do("deactivate", second["id"]!)).Is(200);
        (await _registry.Post(named + "/predict", "{}")).IsProblem(409, ErrorCode.VersionInactive);
        Assert.Equal("published", (await _registry.Post(named + "/activate")).Is(200)["version.state"]);
    }

    [Fact]
    public async Task A6_what_stops_a_version_takes_its_id_only_and_says_it()
    {
        var name = RegistryDriver.NewName();
        var made = await _registry.DeployPrimary(name);
        var path = $"/v1/model_versions/{RegistryDriver.InPath(name + "@0.1.0")}";

        foreach (var refused in (Reply[])[await _registry.Delete(path), await _registry.Post(path + "/deactivate")])
        {
            Assert.Contains(made["id"]!, refused.IsProblem(400, ErrorCode.IdRequired)["detail"], StringComparison.Ordinal);
        }

        (await _registry.Delete($"/v1/model_versions/{RegistryDriver.InPath(name + "@9.9.9")}")).IsProblem(404, ErrorCode.VersionNotFound);
        Assert.Equal("published", (await _registry.Get(path)).Is(200)["state"]);
    }

    [Theory]
    [InlineData("@^1")]
    [InlineData("@1")]
    [InlineData("@latest")]
    [InlineData("@")]
    [InlineData("@1.0.0+build")]
    public async Task A6_behind_the_at_sign_is_a_whole_number(string selector)
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, "\"version\":\"1.0.0\"");
        var path = $"/v1/model_versions/{RegistryDriver.InPath(name + selector)}";

        foreach (var refused in (Reply[])[await _registry.Get(path), await _registry.Post(path + "/promote"), await _registry.Post(path + "/predict", "{}"), await _registry.Delete(path)])
        {
            refused.IsInvalid("id");
        }
    }

    [Fact]
    public async Task A6_E2_a_version_that_is_not_there_or_not_the_callers_is_not_found()
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name);
        var stranger = server.DriverOf((await server.NewTenant()).Key);
        foreach (var (caller, model) in ((RegistryDriver, string)[])[(_registry, "no such model"), (_registry, "0000000000"), (stranger, name)])
        {
            var path = $"/v1/model_versions/{RegistryDriver.InPath(model + "@0.1.0")}";
            (await caller.Get(path)).IsProblem(404, ErrorCode.VersionNotFound);
            (await caller.Post(path + "/promote")).IsProblem(404, ErrorCode.VersionNotFound);
            (await caller.Post(path + "/predict", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        }
    }
}
