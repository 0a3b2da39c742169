using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>Entity tags, <c>If-Match</c>, <c>If-None-Match</c> and <c>dry_run</c>, on every route that knows them.</summary>
public abstract partial class ConditionTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    /// <summary>Every command on a resource: method, path, body. <c>{m}</c> is a model with a primary <c>{p}</c>, a draft <c>{d}</c>, a draft with a server <c>{s}</c> and an inactive version <c>{i}</c>.</summary>
    public static TheoryData<string, string, string?> Commands => new()
    {
        { "PATCH", "/v1/models/{m}", """{"description":"x"}""" },
        { "DELETE", "/v1/models/{m}", null },
        { "POST", "/v1/models/{m}/rollback", null },
        { "PUT", "/v1/models/{m}/aliases/fresh", """{"version":"@primary"}""" },
        { "POST", "/v1/models/{m}/aliases/staging/rollback", null },
        { "DELETE", "/v1/models/{m}/aliases/staging", null },
        { "PATCH", "/v1/model_versions/{d}", """{"description":"x"}""" },
        { "PUT", "/v1/model_versions/{s}/servers", """{"servers":[{"url":"http://127.0.0.1:9"},{"url":"http://127.0.0.1:10"}]}""" },
        { "POST", "/v1/model_versions/{d}/publish", null },
        { "POST", "/v1/model_versions/{d}/promote", null },
        { "POST", "/v1/model_versions/{i}/activate", null },
        { "POST", "/v1/model_versions/{p}/deactivate", null },
        { "DELETE", "/v1/model_versions/{p}", null },
    };

    [Fact]
    public void Every_command_on_a_model_or_a_version_is_on_the_list()
    {
        var listed = Commands.Select(row => (row.Data.Item1, row.Data.Item2.Replace("{m}", "{model}", StringComparison.Ordinal)))
            .Select(command => (command.Item1, InAlias().Replace(InTemplate().Replace(command.Item2, "{id}"), "/aliases/{alias}")));
        var routes = server.Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<RequestParameters>()?.All.Contains(CommonParameters.IfMatch) is true)
            .Select(route => (route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single(), "/" + route.RoutePattern.RawText!.TrimStart('/')))
            // The rates have a tag too; BillingTests have their tests.
            .Except([("PUT", "/v1/billing/rates")]);

        Assert.Equal(routes.Order(), listed.Order());
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_depends_on_the_tag_of_its_resource(string method, string template, string? body)
    {
        var path = await Arrange(template);
        var before = await _registry.Get(Resource(path));

        foreach (var stale in (string[])["\"0\"", $"W/{before.ETag}", $"\"{before["revision"]}x\"", "\"0\", \"77\""])
        {
            (await Send(method, path, body, stale)).IsProblem(412, ErrorCode.RevisionMismatch);
        }

        foreach (var malformed in (string[])["1", "\"1", "\"1\" \"2\"", "*, \"1\"", ""])
        {
            (await Send(method, path, body, malformed)).IsInvalid("If-Match");
        }

        Assert.Equal(before.Text, (await _registry.Get(Resource(path))).Text);
        var done = (await Send(method, path, body, $"\"0\", {before.ETag}")).Is(200);
        if (method != "DELETE")
        {
            Assert.NotEqual(before.ETag, (await _registry.Get(Resource(path))).ETag);
        }

        if (done.Headers.ETag is not null)
        {
            var answered = method == "PATCH" || path.Contains("/aliases/", StringComparison.Ordinal) ? Resource(path) : "/v1/model_versions/" + done["version.id"];
            Assert.Equal((await _registry.Get(answered)).ETag, done.ETag);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_goes_through_with_any_tag(string method, string template, string? body) =>
        (await Send(method, await Arrange(template), body, "*")).Is(200);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_that_is_tried_changes_nothing(string method, string template, string? body)
    {
        var path = await Arrange(template);
        var model = path.Split('/')[3].Split('-')[0];
        var before = await Picture(model);

        var tried = (await Send(method, path + "?dry_run=true", body, "*")).Is(200);

        Assert.Equal("true", tried.Header("Dry-Run"));
        Assert.Equal(before, await Picture(model));
        (await Send(method, path + "?dry_run=true", body, "\"0\"")).IsProblem(412, ErrorCode.RevisionMismatch);
        (await Send(method, path + "?dry_run=1", body, "*")).IsInvalid("dry_run");

        var done = (await Send(method, path + "?dry_run=false", body, "*")).Is(200);
        Assert.Null(done.Header("Dry-Run"));
        Assert.Equal(WithoutInstants(done.Text), WithoutTraffic(WithoutInstants(tried.Text)));
        Assert.NotEqual(before, await Picture(model));
    }

    [Fact]
    public async Task A_deployment_that_is_tried_changes_claims_and_reserves_nothing()
    {
        var name = RegistryDriver.NewName();

        var tried = (await _registry.Post("/v1/model_versions?dry_run=true", $$"""{"model_name":"{{name}}","publish":true}""", ("Idempotency-Key", "k"))).Is(200);

        Assert.Equal("true", tried.Header("Dry-Run"));
        Assert.Null(tried.Header("Location"));
        Assert.Equal("0.1.0", tried["version"]);
        Assert.Equal("true", tried["is_primary"]);
        (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).IsProblem(404, ErrorCode.ModelNotFound);
        (await _registry.Get("/v1/model_versions/" + tried["id"])).IsProblem(404, ErrorCode.VersionNotFound);
        Assert.Null(await server.Grains.GetGrain<IModelNameGrain>(GrainKeys.Name(GrainKeys.DefaultWorkspace, name)).Get());

        var made = (await _registry.TryDeploy(name, "\"description\":\"another body\"", ("Idempotency-Key", "k"))).Is(201);
        Assert.NotEqual(tried["model_id"], made["model_id"]);
        var before = await Picture(made["model_id"]!);
        var next = (await _registry.Post("/v1/model_versions?dry_run=true", $$"""{"model_name":"{{name}}","version_bump":"MAJOR"}""")).Is(200);
        Assert.Equal("1.0.0", next["version"]);
        Assert.Equal(made["model_id"] + "-2", next["id"]);
        Assert.Equal(before, await Picture(made["model_id"]!));

        await _registry.Delete("/v1/models/" + made["model_id"]);
        var fresh = (await _registry.Post("/v1/model_versions?dry_run=true", $$"""{"model_name":"{{name}}"}""")).Is(200);
        Assert.Equal("0.1.0", fresh["version"]);
        Assert.Equal(made["model_id"], await server.Grains.GetGrain<IModelNameGrain>(GrainKeys.Name(GrainKeys.DefaultWorkspace, name)).Get());
    }

    [Theory]
    [InlineData("/v1/models/{m}")]
    [InlineData("/v1/models/{m}/aliases")]
    [InlineData("/v1/models/{m}/aliases/staging")]
    [InlineData("/v1/models/{m}/resolve")]
    [InlineData("/v1/models/{m}/versions/0.3.0")]
    [InlineData("/v1/model_versions/{p}")]
    [InlineData("/v1/model_versions/{s}/servers")]
    public async Task A_resource_that_has_not_changed_is_304(string template)
    {
        var path = await Arrange(template);
        var tag = (await _registry.Get(path)).Is(200).ETag;

        foreach (var match in (string[])[tag, "W/" + tag, "*", $"\"0\", {tag}"])
        {
            var unchanged = (await _registry.Get(path, ("If-None-Match", match))).Is(304);
            Assert.Equal(tag, unchanged.ETag);
            Assert.Empty(unchanged.Text);
        }

        foreach (var other in (string[])["\"0\"", "nonsense", ""])
        {
            (await _registry.Get(path, ("If-None-Match", other))).Is(200);
        }
    }

    private async Task<string> Arrange(string template)
    {
        var name = RegistryDriver.NewName();
        var older = await _registry.DeployPrimary(name);
        var draft = await _registry.Deploy(name);
        var primary = await _registry.DeployPrimary(name);
        var served = await _registry.Deploy(name, """ "serving":{"url":"http://127.0.0.1:9"} """);
        var inactive = await _registry.Deploy(name);
        await _registry.Do("deactivate", inactive["id"]!);
        if (template.Contains("/aliases/", StringComparison.Ordinal))
        {
            foreach (var version in (Reply[])[older, primary])
            {
                var path = $"/v1/models/{older["model_id"]}/aliases/staging";
                (await _registry.Send("PUT", path, $$"""{"version":"{{version["id"]}}"}""", "application/json")).Is(200);
            }
        }

        return template
            .Replace("{m}", older["model_id"], StringComparison.Ordinal)
            .Replace("{d}", draft["id"], StringComparison.Ordinal)
            .Replace("{s}", served["id"], StringComparison.Ordinal)
            .Replace("{p}", primary["id"], StringComparison.Ordinal)
            .Replace("{i}", inactive["id"], StringComparison.Ordinal);
    }

    private Task<Reply> Send(string method, string path, string? body, string ifMatch) => method switch
    {
        "PUT" => _registry.Send(HttpMethod.Put, path, new StringContent(body!, Encoding.UTF8, "application/json"), ("If-Match", ifMatch)),
        "PATCH" => _registry.Patch(path, body!, ("If-Match", ifMatch)),
        "DELETE" => _registry.Delete(path, ("If-Match", ifMatch)),
        _ => _registry.Post(path, body, ("If-Match", ifMatch)),
    };

    /// <summary>The path of the resource that a command's path names.</summary>
    private static string Resource(string path) => string.Join('/', path.Split('/').Take(4));

    /// <summary>All that is to be seen of a model.</summary>
    private async Task<string> Picture(string model)
    {
        List<string> parts = [(await _registry.Get("/v1/models/" + model)).Text];
        parts.AddRange((await _registry.All($"/v1/models/{model}/versions")).Select(version => version.ToJsonString()));
        parts.AddRange((await _registry.All($"/v1/models/{model}/events")).Select(happened => happened.ToJsonString()));
        return string.Join('\n', parts);
    }

    /// <summary>Only who tries to retire a version is told of its traffic, and of what refers to it.</summary>
    private static string WithoutTraffic(string json) => Regex.Replace(
        Regex.Replace(json, "\"traffic\":\\{[^}]*\\}", "\"traffic\":null"), "\"references\":\\[[^]]*\\]", "\"references\":null");

    private static string WithoutInstants(string json) =>
        System.Text.RegularExpressions.Regex.Replace(json, @"""\d{4}-\d\d-\d\dT[^""]*""", "\"…\"");

    [GeneratedRegex("/aliases/[a-z]+")]
    private static partial Regex InAlias();

    [GeneratedRegex(@"\{[dips]\}")]
    private static partial Regex InTemplate();
}

[Collection(OnSqlite.Name)]
public sealed class ConditionsOnSqlite(SqliteServer server) : ConditionTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class ConditionsOnPostgres(PostgresServer server) : ConditionTests(server);
