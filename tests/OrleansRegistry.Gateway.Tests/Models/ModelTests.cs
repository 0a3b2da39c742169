using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

public abstract class ModelTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task L8_a_model_says_how_many_versions_are_in_each_state()
    {
        await using var starting = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["model_id"]!;
        await _registry.Deploy(name);
        await _registry.Deploy(name, $"\"publish\":true,\"serving\":{starting.Serving()}");
        await _registry.Deploy(name);
        await _registry.Deploy(name);
        await _registry.Do("deactivate", id + "-4");
        await _registry.Delete($"/v1/model_versions/{id}-5");

        var counts = """{"draft":1,"published":2,"inactive":1,"deleted":1,"starting":1,"failed":0}""";
        Assert.Equal(counts, (await _registry.Get("/v1/models/" + id)).Body!["counts"]!.ToJsonString());
        var listed = Assert.Single(await _registry.All("/v1/models?name=" + RegistryDriver.InPath(name)));
        Assert.Equal(counts, listed["counts"]!.ToJsonString());
    }

    [Fact]
    public async Task A_model_is_read_by_id_and_by_name()
    {
        var name = RegistryDriver.NewName() + " ünï+;?#&";
        var version = await _registry.DeployPrimary(name);

        var byId = (await _registry.Get("/v1/models/" + version["model_id"])).Is(200);
        var byName = (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).Is(200);

        Assert.Equal(byId.Text, byName.Text);
        Assert.Equal("\"1\"", byId.ETag);
        Assert.Equal(name, byId["name"]);
        Assert.Equal(version["id"], byId["primary.version_id"]);
        Assert.Equal("0.1.0", byId["primary.version"]);
        Assert.Equal("published", byId["primary.reason"]);
        Assert.Equal(RegistryServer.Operator, byId["primary.by"]);
        Assert.Null(byId["pending_primary"]);
        Assert.Null(byId["description"]);
        Assert.Equal("latest_published", byId["primary_policy"]);
        Assert.Equal("1", byId["version_count"]);
        Assert.Equal("1", byId["active_version_count"]);
        Assert.Equal("1", byId["revision"]);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("PATCH", "")]
    [InlineData("POST", "/rollback")]
    [InlineData("GET", "/resolve")]
    [InlineData("GET", "/versions")]
    [InlineData("GET", "/versions/1.0.0")]
    [InlineData("GET", "/events")]
    public async Task A_model_that_does_not_exist_is_404(string method, string rest)
    {
        foreach (var model in (string[])["nobody", "0000000000", "no%2Fbody", "%20", new string('x', 500)])
        {
            (await Ask(model)).IsProblem(404, ErrorCode.ModelNotFound);
        }

        foreach (var model in (string[])["a%252Fb", "%25"])
        {
            (await Ask(model)).IsInvalid("model");
        }

        Task<Reply> Ask(string model)
        {
            var path = $"/v1/models/{model}{rest}";
            return method == "GET" ? _registry.Get(path) : _registry.Send(method, path, "{}", "application/json");
        }
    }

    [Fact]
    public async Task A_patch_merges()
    {
        var name = RegistryDriver.NewName();
        var path = "/v1/models/" + (await _registry.Deploy(name))["model_id"];

        var first = (await _registry.Patch(path, """{"description":"d","labels":{"a":"1","b":"2"},"primary_policy":"manual"}""")).Is(200);
        var second = (await _registry.Patch("/v1/models/" + RegistryDriver.InPath(name), """{"labels":{"a":null,"c":"3"}}""")).Is(200);
        var third = (await _registry.Patch(path, """{"description":null,"labels":null,"primary_policy":"latest_published"}""")).Is(200);

        Assert.Equal("""{"a":"1","b":"2"}""", first.Body!["labels"]!.ToJsonString());
        Assert.Equal("manual", first["primary_policy"]);
        Assert.Equal("""{"b":"2","c":"3"}""", second.Body!["labels"]!.ToJsonString());
        Assert.Equal("d", second["description"]);
        Assert.Null(third["description"]);
        Assert.Empty(third.Body!["labels"]!.AsObject());
        Assert.Equal("latest_published", third["primary_policy"]);
        Assert.Equal($"\"{third["revision"]}\"", third.ETag);
        Assert.Equal(third.Text, (await _registry.Get(path)).Text);
    }

    [Fact]
    public async Task HV4_a_patch_says_whether_and_after_how_long_the_primary_falls_back()
    {
        var path = "/v1/models/" + (await _registry.Deploy(RegistryDriver.NewName()))["model_id"];
        var before = (await _registry.Get(path)).Is(200);
        Assert.Equal(("stay", "60"), (before["on_unhealthy"], before["fall_back_seconds"]));

        var dry = (await _registry.Patch(path + "?dry_run=true", """{"on_unhealthy":"fall_back","fall_back_seconds":10}""")).Is(200);
        Assert.Equal(("fall_back", "10"), (dry["on_unhealthy"], dry["fall_back_seconds"]));
        Assert.Equal(before.Text, (await _registry.Get(path)).Text);
        var patched = (await _registry.Patch(path, """{"on_unhealthy":"fall_back","fall_back_seconds":86400}""")).Is(200);
        Assert.Equal(("fall_back", "86400"), (patched["on_unhealthy"], patched["fall_back_seconds"]));
        Assert.Equal(patched.Text, (await _registry.Patch(path, """{"on_unhealthy":"fall_back"}""")).Is(200).Text);
        Assert.Equal(patched.Text, (await _registry.Get(path)).Text);
    }

    [Fact]
    public async Task A_patch_takes_merge_patch_and_json()
    {
        var path = "/v1/models/" + (await _registry.Deploy(RegistryDriver.NewName()))["model_id"];
        foreach ((var type, var status) in ((string, int)[])[("application/merge-patch+json", 200), ("application/json", 200), ("application/json-patch+json", 415), ("text/plain", 415)])
        {
            (await _registry.Send("PATCH", path, "{}", type)).Is(status);
        }
    }

    [Theory]
    [InlineData("""{"primary_policy":"Manual"}""", "primary_policy")]
    [InlineData("""{"primary_policy":null}""", "primary_policy")]
    [InlineData("""{"on_unhealthy":"fallback"}""", "on_unhealthy")]
    [InlineData("""{"on_unhealthy":null}""", "on_unhealthy")]
    [InlineData("""{"fall_back_seconds":9}""", "fall_back_seconds")]
    [InlineData("""{"fall_back_seconds":86401}""", "fall_back_seconds")]
    [InlineData("""{"fall_back_seconds":1.5}""", "fall_back_seconds")]
    [InlineData("""{"fall_back_seconds":null}""", "fall_back_seconds")]
    [InlineData("""{"name":"other"}""", "name")]
    [InlineData("""{"labels":{"":"1"}}""", "labels")]
    [InlineData("""{"labels":[]}""", "labels")]
    [InlineData("""{"description":{}}""", "description")]
    [InlineData("", "body")]
    public async Task A_bad_patch_names_its_fields_and_changes_nothing_E3(string patch, string field)
    {
        var path = "/v1/models/" + (await _registry.Deploy(RegistryDriver.NewName()))["model_id"];
        var before = await _registry.Get(path);

        (await _registry.Patch(path, patch)).IsInvalid(field);

        Assert.Equal(before.Text, (await _registry.Get(path)).Text);
    }

    [Fact]
    public async Task A_patch_can_not_lead_to_more_labels_than_a_model_may_have()
    {
        var path = "/v1/models/" + (await _registry.Deploy(RegistryDriver.NewName()))["model_id"];
        (await _registry.Patch(path, Labels(0, 64))).Is(200);

        (await _registry.Patch(path, Labels(64, 1))).IsInvalid("labels");

        static string Labels(int from, int count) =>
            $$$"""{"labels":{{{{string.Join(",", Enumerable.Range(from, count).Select(i => $"\"k{i}\":\"v\""))}}}}}""";
    }

    [Fact]
    public async Task A_deleted_model_is_gone_by_id_and_its_name_is_free_L5()
    {
        var name = RegistryDriver.NewName();
        var version = await _registry.DeployPrimary(name);
        var byId = "/v1/models/" + version["model_id"];
        var byName = "/v1/models/" + RegistryDriver.InPath(name);
        (await _registry.Get(byName + "/resolve")).Is(200);

        var deleted = (await _registry.Delete(byId)).Is(200);

        Assert.Equal($$"""{"id":"{{version["model_id"]}}","deleted":true}""", deleted.Text);
        (await _registry.Get(byId)).IsProblem(410, ErrorCode.ModelDeleted);
        (await _registry.Get(byId + "/resolve")).IsProblem(410, ErrorCode.ModelDeleted);
        (await _registry.Patch(byId, "{}")).IsProblem(410, ErrorCode.ModelDeleted);
        (await _registry.Post(byId + "/rollback")).IsProblem(410, ErrorCode.ModelDeleted);
        (await _registry.Delete(byId)).IsProblem(410, ErrorCode.ModelDeleted);
        (await _registry.Get(byName)).IsProblem(404, ErrorCode.ModelNotFound);
        (await _registry.Get(byName + "/resolve")).IsProblem(404, ErrorCode.ModelNotFound);
        (await _registry.Patch(byName, "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        Assert.Equal("deleted", (await _registry.Get($"/v1/model_versions/{version["id"]}")).Is(200)["state"]);
        Assert.Equal("deleted", (await _registry.Get(byId + "/versions/0.1.0")).Is(200)["state"]);
        Assert.Single(await _registry.All(byId + "/versions?state=deleted"));
        Assert.Contains(await _registry.All(byId + "/events"), happened => (string?)happened["type"] == EventType.ModelDeleted);
        (await _registry.Do("publish", version["id"]!)).IsProblem(410, ErrorCode.VersionDeleted);
    }

    [Fact]
    public async Task A_name_leads_to_the_model_that_has_it_now_L5()
    {
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/resolve";
        var first = await _registry.DeployPrimary(name);
        Assert.Equal(first["id"], (await _registry.Get(path)).Is(200)["version_id"]);
        await _registry.Delete("/v1/models/" + first["model_id"]);

        var second = await _registry.DeployPrimary(name);

        Assert.Equal(second["id"], (await _registry.Get(path)).Is(200)["version_id"]);
    }

    [Fact]
    public async Task Deletion_takes_the_id_only()
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name);

        (await _registry.Delete("/v1/models/" + RegistryDriver.InPath(name))).IsInvalid("model");
        (await _registry.Delete("/v1/models/0000000000")).IsProblem(404, ErrorCode.ModelNotFound);
        (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).Is(200);
    }

    [Fact]
    public async Task Rollback_goes_back_to_the_previous_primary_P5()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        var second = await _registry.DeployPrimary(name);
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/rollback";

        var back = (await _registry.Post(path, $$"""{"from":"{{second["id"]}}"}""")).Is(200);

        Assert.Equal(first["id"], back["version.id"]);
        Assert.Equal("true", back["version.is_primary"]);
        Assert.Equal("true", back["changed"]);
        Assert.Equal(second["id"], back["primary_change.from"]);
        Assert.Equal(first["id"], back["primary_change.to"]);
        Assert.Equal("false", back["model_deleted"]);
        Assert.Equal("\"1p\"", back.ETag);
        (await _registry.Post(path)).IsProblem(409, ErrorCode.NoPreviousPrimary);
        (await _registry.Post(path, $$"""{"from":"{{second["id"]}}"}""")).IsProblem(409, ErrorCode.PrimaryMoved);
        (await _registry.Post(path, """{"from":null}""")).IsProblem(409, ErrorCode.PrimaryMoved);
        (await _registry.Post(path, """{"from":"0000000000-1"}""")).IsInvalid("from");
        (await _registry.Post(path, """{"from":7}""")).IsInvalid("from");
    }
}

[Collection(OnSqlite.Name)]
public sealed class ModelsOnSqlite(SqliteServer server) : ModelTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class ModelsOnPostgres(PostgresServer server) : ModelTests(server);
