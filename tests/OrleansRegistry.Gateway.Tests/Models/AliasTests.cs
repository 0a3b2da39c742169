using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

/// <summary>The routes of aliases, and their place in the other routes (rules AL1 to AL10).</summary>
public abstract class AliasTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task AL3_an_alias_is_set_read_listed_rolled_back_and_removed()
    {
        var (model, first, second) = await Arrange();
        var made = (await Put(model, "staging", """{"version":"0.1.0","from":null,"comment":"to try it"}""")).Is(200);
        Assert.Equal(("staging", first, "0.1.0"), (made["alias.name"], made["alias.version_id"], made["alias.version"]));
        Assert.Equal(("set", "to try it", RegistryServer.Operator), (made["alias.reason"], made["alias.comment"], made["alias.by"]));
        Assert.Equal(("true", null, first), (made["changed"], made["alias_change.from"], made["alias_change.to"]));
        Assert.Equal((await _registry.Get("/v1/models/" + model)).ETag, made.ETag);

        var moved = (await Put(model, "staging", $$"""{"version":"{{second}}","from":"{{first}}"}""")).Is(200);
        Assert.Equal((first, second), (moved["alias_change.from"], moved["alias_change.to"]));
        Assert.Equal("false", (await Put(model, "staging", $$"""{"version":"{{second}}","from":"{{first}}"}""")).Is(200)["changed"]);
        (await Put(model, "staging", $$"""{"version":"0.1.0","from":"{{first}}"}""")).IsProblem(409, ErrorCode.AliasMoved);
        var promoted = (await Put(model, "production", """{"version":"@staging"}""")).Is(200);
        Assert.Equal((second, "promoted"), (promoted["alias.version_id"], promoted["alias.reason"]));

        var read = (await _registry.Get($"/v1/models/{model}/aliases/staging")).Is(200);
        Assert.Equal((second, "2"), (read["version_id"], $"{read.Body!["history"]!.AsArray().Count}"));
        Assert.Equal((await _registry.Get("/v1/models/" + model)).ETag, read.ETag);
        var listed = (await _registry.Get($"/v1/models/{model}/aliases")).Is(200).Body!["items"]!.AsArray();
        Assert.Equal(["production", "staging"], listed.Select(alias => alias!["name"]!.GetValue<string>()));
        Assert.Equal(
            listed.ToJsonString(), (await _registry.Get("/v1/models/" + model)).Body!["aliases"]!.ToJsonString());

        var back = (await _registry.Post($"/v1/models/{model}/aliases/staging/rollback", $$"""{"from":"{{second}}"}""")).Is(200);
        Assert.Equal((first, "rolled_back"), (back["alias.version_id"], back["alias.reason"]));
        (await _registry.Post($"/v1/models/{model}/aliases/staging/rollback")).IsProblem(409, ErrorCode.NoPreviousTarget);
        (await _registry.Delete($"/v1/models/{model}/aliases/staging?from={second}")).IsProblem(409, ErrorCode.AliasMoved);
        var gone = (await _registry.Delete($"/v1/models/{model}/aliases/staging?from={first}")).Is(200);
        Assert.Equal((first, null), (gone["alias_change.from"], gone["alias_change.to"]));
        (await _registry.Get($"/v1/models/{model}/aliases/staging")).IsProblem(404, ErrorCode.AliasNotFound);
        (await _registry.Delete($"/v1/models/{model}/aliases/staging")).IsProblem(404, ErrorCode.AliasNotFound);

        var events = await _registry.All($"/v1/models/{model}/events?type=alias.changed");
        Assert.Equal(
            ["set", "set", "promoted", "rolled_back", "removed"],
            events.Select(happened => happened["data"]!["reason"]!.GetValue<string>()));
        Assert.Equal("to try it", events[0]["comment"]!.GetValue<string>());
    }

    [Fact]
    public async Task AL3_a_version_that_is_not_routable_is_refused()
    {
        var (model, first, second) = await Arrange();
        await using var starting = await ModelServer.Start();
        var third = (await _registry.Deploy((await _registry.Get("/v1/models/" + model))["name"]!, $"\"serving\":{starting.Serving()}"))["id"]!;
        (await Put(model, "staging", $$"""{"version":"{{third}}"}""")).IsProblem(409, ErrorCode.NotRoutable);
        await _registry.Do("deactivate", first);
        (await Put(model, "staging", """{"version":"0.1.0"}""")).IsProblem(409, ErrorCode.VersionInactive);
        await _registry.Delete("/v1/model_versions/" + first);
        (await Put(model, "staging", """{"version":"0.1.0"}""")).IsProblem(410, ErrorCode.VersionDeleted);
        (await Put(model, "staging", """{"version":"9.1.0"}""")).IsProblem(404, ErrorCode.VersionNotFound);
        (await Put(model, "staging", """{"version":"@other"}""")).IsProblem(404, ErrorCode.AliasNotFound);
        (await Put(model, "staging", """{"version":"^0.1"}""")).IsInvalid("version");
        (await Put(model, "staging", """{"version":"0000000000-1"}""")).IsInvalid("version");
        (await Put(model, "staging", """{"version":"0.2.0","from":"0000000000-1"}""")).IsInvalid("from");
        (await Put(model, "v1", """{"version":"0.2.0"}""")).IsInvalid("alias");
        (await Put(model, "staging", "{}")).IsInvalid("version");
        Assert.Equal("[]", (await _registry.Get("/v1/models/" + model)).Body!["aliases"]!.ToJsonString());
        Assert.Equal(second, (await Put(model, "staging", """{"version":"@primary"}""")).Is(200)["alias.version_id"]);
    }

    [Fact]
    public async Task AL3_a_dry_run_says_what_would_move_and_moves_nothing()
    {
        var (model, first, _) = await Arrange();
        var tried = (await Put(model, "staging", """{"version":"0.1.0"}""", "?dry_run=true")).Is(200);
        Assert.Equal(("true", first), (tried.Header("Dry-Run"), tried["alias_change.to"]));
        (await _registry.Get($"/v1/models/{model}/aliases/staging")).IsProblem(404, ErrorCode.AliasNotFound);
    }

    [Theory]
    [InlineData("staging", "0.1.0", "alias", "staging")]
    [InlineData("primary", "0.2.0", "primary", null)]
    public async Task AL2_a_selector_leads_to_an_alias_wherever_it_may_stand(string alias, string number, string how, string? header)
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync("ok"));
        var name = RegistryDriver.NewPlainName();
        var model = (await _registry.DeployPrimary(name, backend.Serving("/team/predict")))["model_id"]!;
        await _registry.DeployPrimary(name, backend.Serving("/team/predict"));
        (await Put(model, "staging", """{"version":"0.1.0"}""")).Is(200);
        var selector = Uri.EscapeDataString("@" + alias);

        var resolved = (await _registry.Get($"/v1/models/{model}/resolve?version={selector}")).Is(200);
        Assert.Equal((number, how, header), (resolved["version"], resolved["resolved_by"], resolved["alias"]));
        var openai = $$"""{"model":{{System.Text.Json.JsonSerializer.Serialize($"{name}@{alias}")}}}""";
        foreach (var answer in (Reply[])
        [
            await _registry.Post($"/v1/models/{model}/predict?version={selector}", "{}"),
            await _registry.Post($"/v1/models/{model}/predict", "{}", ("Model-Version", "@" + alias)),
            await _registry.Post($"/models/{model}/predict?version={selector}", "{}"),
            await _registry.Post($"/v2/models/{model}/versions/{selector}/infer", """{"inputs":[]}"""),
            await _registry.Post($"/v2/models/{model}/infer", """{"inputs":[]}""", ("Model-Version", "@" + alias)),
            await _registry.Post("/v1/chat/completions", openai),
            await _registry.Post("/openai/v1/embeddings", openai),
        ])
        {
            Assert.Equal((number, how, header), (answer.Header("Model-Version"), answer.Header("Model-Resolved-By"), answer.Header("Model-Alias")));
        }

        var shown = (await _registry.Get($"/openai/v1/models/{RegistryDriver.InPath($"{name}@{alias}")}")).Is(200);
        Assert.Equal($"{name}@{(header is null ? number : alias)}", shown["id"]);
    }

    [Theory]
    [InlineData("@other", 404, ErrorCode.AliasNotFound)]
    [InlineData("@canary", 409, ErrorCode.NoRollout)]
    [InlineData("@latest", 400, ErrorCode.InvalidSelector)]
    [InlineData("staging", 400, ErrorCode.InvalidSelector)]
    public async Task AL2_what_is_no_alias_is_told(string selector, int status, string code)
    {
        var (model, _, _) = await Arrange();
        (await Put(model, "staging", """{"version":"0.1.0"}""")).Is(200);
        var query = "?version=" + Uri.EscapeDataString(selector);
        (await _registry.Get($"/v1/models/{model}/resolve{query}")).IsProblem(status, code);
        (await _registry.Get($"/v1/models/{model}/resolve{query}&explain=true")).IsProblem(status, code);
        (await _registry.Post($"/v1/models/{model}/predict{query}", "{}")).IsProblem(status, code);
    }

    [Fact]
    public async Task AL2_a_model_whose_name_has_an_at_keeps_it()
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name);
        var whole = (await _registry.DeployPrimary(name + "@staging"))["model_id"]!;
        (await Put(RegistryDriver.InPath(name), "staging", """{"version":"0.1.0"}""")).Is(200);
        var answer = await _registry.Post("/v1/chat/completions", $$"""{"model":"{{name}}@staging"}""");
        Assert.Equal(whole, answer.Header("Model-Id"));
    }

    [Fact]
    public async Task AL2_in_the_place_of_a_versions_id_no_alias_stands()
    {
        var (model, _, _) = await Arrange();
        (await Put(model, "staging", """{"version":"0.1.0"}""")).Is(200);
        (await _registry.Get($"/v1/model_versions/{model}@staging")).IsInvalid("id");
        (await _registry.Post($"/v1/model_versions/{model}@staging/promote")).IsInvalid("id");
    }

    [Fact]
    public async Task AL4_a_deployment_and_a_publish_claim_aliases()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.Deploy(name, "\"aliases\":[\"staging\",\"dev\"]");
        var model = first["model_id"]!;
        Assert.Equal((first["id"], "claimed"), await Points(model, "staging"));
        var second = (await _registry.Deploy(name))["id"]!;
        var published = (await _registry.Do("publish", second, """{"aliases":["staging"]}""")).Is(200);
        Assert.Equal(["staging"], published.Body!["alias_changes"]!.AsArray().Select(move => move!["alias"]!.GetValue<string>()));
        Assert.Equal((second, "claimed"), await Points(model, "staging"));
        Assert.Equal((first["id"], "claimed"), await Points(model, "dev"));
        (await _registry.TryDeploy(name, "\"aliases\":[\"ok\",\"v1\",\"ok\"]")).IsInvalid("aliases[1]", "aliases[2]");
    }

    [Fact]
    public async Task AL5_history_8_an_alias_answers_as_its_version_and_comes_back_with_it()
    {
        var (model, first, _) = await Arrange();
        (await Put(model, "staging", """{"version":"0.1.0"}""")).Is(200);
        var path = $"/v1/models/{model}/resolve?version=%40staging";
        await _registry.Do("deactivate", first);
        (await _registry.Get(path)).IsProblem(409, ErrorCode.VersionInactive);
        await _registry.Do("activate", first);
        Assert.Equal("0.1.0", (await _registry.Get(path)).Is(200)["version"]);
        (await _registry.Delete("/v1/model_versions/" + first)).Is(200);
        (await _registry.Get(path)).IsProblem(409, ErrorCode.AliasEmpty);
        Assert.Equal((null, "emptied"), await Points(model, "staging"));
    }

    [Fact]
    public async Task AL6_a_deployer_does_not_touch_a_protected_alias()
    {
        var (model, first, second) = await Arrange();
        (await Put(model, "production", """{"version":"0.1.0","protected":true}""")).Is(200);
        var deployer = server.DriverOf((await _registry.Post("/v1/api_keys", """{"name":"x","role":"deployer"}""")).Is(201)["key"]);
        (await Put(model, "production", """{"version":"0.2.0"}""", by: deployer)).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Post($"/v1/models/{model}/aliases/production/rollback")).IsProblem(409, ErrorCode.NoPreviousTarget);
        (await deployer.Delete($"/v1/models/{model}/aliases/production")).IsProblem(403, ErrorCode.Forbidden);
        (await deployer.Do("deactivate", first)).IsProblem(403, ErrorCode.Forbidden);
        (await Put(model, "staging", """{"version":"@production"}""", by: deployer)).Is(200);
        (await deployer.Do("deactivate", second, $$"""{"promote_to":"{{first}}"}""")).Is(200);
        (await _registry.Delete("/v1/model_versions/" + first)).IsProblem(409, ErrorCode.AliasProtected);
        (await _registry.Delete("/v1/models/" + model)).IsProblem(409, ErrorCode.AliasProtected);
        (await _registry.Delete($"/v1/model_versions/{first}?release_aliases=true")).Is(200);
        Assert.Equal("true", (await _registry.Get($"/v1/models/{model}/aliases/production"))["protected"]);
        (await _registry.Delete($"/v1/models/{model}?release_aliases=true")).Is(200);
        (await _registry.Get($"/v1/models/{model}/aliases")).IsProblem(410, ErrorCode.ModelDeleted);
    }

    [Fact]
    public async Task AL9_history_1_what_refers_to_a_version_is_told_before_it_is_stopped()
    {
        var (model, _, second) = await Arrange();
        (await Put(model, "staging", """{"version":"0.2.0"}""")).Is(200);
        var tried = (await _registry.Do("deactivate", second)).Is(200);
        Assert.Null(tried["references"]);
        await _registry.Do("activate", second);
        tried = (await _registry.Post($"/v1/model_versions/{second}/deactivate?dry_run=true")).Is(200);
        Assert.Equal("""["alias:staging"]""", tried.Body!["references"]!.ToJsonString());
        await _registry.Do("promote", second);
        tried = (await _registry.Delete($"/v1/model_versions/{second}?dry_run=true")).Is(200);
        Assert.Equal("""["primary","alias:staging"]""", tried.Body!["references"]!.ToJsonString());
        Assert.Equal(second, tried.Body!["alias_changes"]![0]!["from"]!.GetValue<string>());
        foreach (var refused in (Reply[])
        [
            await _registry.Do("deactivate", second, """{"refuse_if_referenced":true}"""),
            await _registry.Delete($"/v1/model_versions/{second}?refuse_if_referenced=true"),
        ])
        {
            refused.IsProblem(409, ErrorCode.VersionReferenced);
            Assert.Equal("""["primary","alias:staging"]""", refused.Body!["references"]!.ToJsonString());
        }
    }

    /// <summary>A model with two published versions, the second one primary.</summary>
    private async Task<(string Model, string First, string Second)> Arrange()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        return (first["model_id"]!, first["id"]!, (await _registry.DeployPrimary(name))["id"]!);
    }

    private async Task<(string? Version, string? Reason)> Points(string model, string alias)
    {
        var read = (await _registry.Get($"/v1/models/{model}/aliases/{alias}")).Is(200);
        return (read["version_id"], read["reason"]);
    }

    private Task<Reply> Put(string model, string alias, string json, string query = "", RegistryDriver? by = null) =>
        (by ?? _registry).Send("PUT", $"/v1/models/{model}/aliases/{alias}{query}", json, "application/json");
}

[Collection(OnSqlite.Name)]
public sealed class AliasesOnSqlite(SqliteServer server) : AliasTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class AliasesOnPostgres(PostgresServer server) : AliasTests(server);
