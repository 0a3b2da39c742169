using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

public abstract class LifecycleTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task Publishing_moves_the_primary_P1()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        var second = await _registry.Deploy(name);

        var published = (await _registry.Do("publish", second["id"]!)).Is(200);

        Assert.Equal("published", published["version.state"]);
        Assert.NotNull(published["version.published_at"]);
        Assert.Equal("true", published["changed"]);
        Assert.Equal(first["id"], published["primary_change.from"]);
        Assert.Equal(second["id"], published["primary_change.to"]);
        Assert.Equal("\"2p\"", published.ETag);

        var again = (await _registry.Do("publish", second["id"]!)).Is(200);
        Assert.Equal("false", again["changed"]);
        Assert.Null(again["primary_change"]);
    }

    [Fact]
    public async Task Publishing_can_leave_the_primary_alone_P1()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        var second = await _registry.Deploy(name);

        Assert.Null((await _registry.Do("publish", second["id"]!, """{"promote":false}""")).Is(200)["primary_change"]);
        (await _registry.Do("publish", second["id"]!, """{"promote":true,"from":null}""")).IsProblem(409, ErrorCode.PrimaryMoved);
        Assert.Equal(
            second["id"],
            (await _registry.Do("publish", second["id"]!, $$"""{"promote":true,"from":"{{first["id"]}}"}""")).Is(200)["primary_change.to"]);
    }

    [Theory]
    [InlineData("publish", """{"from":null}""", "from")]
    [InlineData("publish", """{"promote":false,"from":null}""", "from")]
    [InlineData("publish", """{"promote":true,"from":"0000000000-1"}""", "from")]
    [InlineData("publish", """{"promote":"true"}""", "promote")]
    [InlineData("publish", "[]", "body")]
    [InlineData("publish", "null", "body")]
    [InlineData("promote", """{"from":"x"}""", "from")]
    [InlineData("promote", """{"to":"x"}""", "to")]
    [InlineData("activate", """{"serving":{}}""", "serving.url")]
    [InlineData("activate", """{"serving":{"url":"ftp://x"}}""", "serving.url")]
    [InlineData("deactivate", """{"promote_to":"x"}""", "promote_to")]
    [InlineData("deactivate", """{"refuse_if_primary":null}""", "refuse_if_primary")]
    [InlineData("deactivate", """{"drain_seconds":-1}""", "drain_seconds")]
    [InlineData("deactivate", """{"drain_seconds":3601}""", "drain_seconds")]
    [InlineData("deactivate", """{"drain_seconds":1.5}""", "drain_seconds")]
    [InlineData("deactivate", """{"drain_seconds":"1"}""", "drain_seconds")]
    public async Task Bad_input_names_its_fields_and_changes_nothing_E3(string command, string body, string field)
    {
        var version = await _registry.Deploy(RegistryDriver.NewName());

        (await _registry.Do(command, version["id"]!, body)).IsInvalid(field);

        Assert.Equal(version.Text, (await _registry.Get("/v1/model_versions/" + version["id"])).Text);
    }

    [Fact]
    public async Task Any_routable_version_can_be_promoted_P2()
    {
        var name = RegistryDriver.NewName();
        var primary = await _registry.DeployPrimary(name);
        var draft = await _registry.Deploy(name);

        (await _registry.Do("promote", draft["id"]!, $$"""{"from":"{{draft["id"]}}"}""")).IsProblem(409, ErrorCode.PrimaryMoved);
        var promoted = (await _registry.Do("promote", draft["id"]!, $$"""{"from":"{{primary["id"]}}"}""")).Is(200);

        Assert.Equal("draft", promoted["version.state"]);
        Assert.Equal("true", promoted["version.is_primary"]);
        Assert.Equal("false", (await _registry.Do("promote", draft["id"]!, """{"from":null}""")).Is(200)["changed"]);
    }

    [Fact]
    public async Task A_version_that_is_not_up_can_not_be_promoted_P2()
    {
        await using var backend = await ModelServer.Start();
        var version = await _registry.Deploy(RegistryDriver.NewName(), $"\"serving\":{backend.Serving()}");

        (await _registry.Do("promote", version["id"]!)).IsProblem(409, ErrorCode.NotRoutable);
        (await _registry.Do("activate", version["id"]!, """{"serving":{"url":"http://127.0.0.1:9"}}""")).IsProblem(409, ErrorCode.VersionActive);
    }

    [Fact]
    public async Task An_inactive_version_is_activated_first()
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name);
        var version = await _registry.Deploy(name);

        var inactive = (await _registry.Do("deactivate", version["id"]!)).Is(200);
        Assert.Equal("inactive", inactive["version.state"]);
        Assert.Equal("draft", inactive["version.stage"]);
        Assert.Equal("false", (await _registry.Do("deactivate", version["id"]!)).Is(200)["changed"]);
        (await _registry.Do("publish", version["id"]!)).IsProblem(409, ErrorCode.VersionInactive);

        var active = (await _registry.Do("activate", version["id"]!, """{"serving":{"url":"http://127.0.0.1:9"}}""")).Is(200);
        Assert.Equal("draft", active["version.state"]);
        Assert.Equal("http://127.0.0.1:9", active["version.serving.url"]);
        Assert.Equal("ready", active["version.serving.status"]);
        Assert.Equal("false", (await _registry.Do("activate", version["id"]!)).Is(200)["changed"]);
    }

    [Fact]
    public async Task Deactivation_says_who_becomes_primary_P4()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        var draft = await _registry.Deploy(name);
        var primary = await _registry.DeployPrimary(name);

        (await _registry.Do("deactivate", primary["id"]!, """{"refuse_if_primary":true}""")).IsProblem(409, ErrorCode.IsPrimary);
        Assert.Equal(
            draft["id"],
            (await _registry.Do("deactivate", primary["id"]!, $$"""{"promote_to":"{{draft["id"]}}"}""")).Is(200)["primary_change.to"]);
        Assert.Equal(first["id"], (await _registry.Do("deactivate", draft["id"]!)).Is(200)["primary_change.to"]);
        Assert.Null((await _registry.Do("deactivate", first["id"]!)).Is(200)["primary_change.to"]);
    }

    [Fact]
    public async Task A_body_may_be_absent_empty_or_an_empty_object()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName());
        using var form = new FormUrlEncodedContent([]);

        (await _registry.Do("publish", version["id"]!)).Is(200);
        (await _registry.Do("publish", version["id"]!, "")).Is(200);
        (await _registry.Do("publish", version["id"]!, "{}")).Is(200);
        (await _registry.Send(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/publish", form)).Is(200);
    }

    [Fact]
    public async Task L3_activate_brings_serving_to_an_active_version_that_has_none_and_the_primary_stays()
    {
        await using var backend = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var version = await _registry.DeployPrimary(name);
        var (id, model) = (version["id"]!, $"/v1/models/{version["model_id"]}");
        var body = $$"""{"serving":{{backend.Serving()}}}""";

        var answer = (await _registry.Do("activate", id, body)).Is(200);

        Assert.Equal(("true", null, "published", "true", "starting"), (
            answer["changed"], answer["primary_change"], answer["version.state"], answer["version.is_primary"], answer["version.serving.status"]));
        Assert.Equal("false", (await _registry.Do("activate", id, body)).Is(200)["changed"]);
        (await _registry.Do("activate", id, """{"serving":{"url":"http://127.0.0.1:9"}}""")).IsProblem(409, ErrorCode.VersionActive);
        (await _registry.Do("promote", id)).IsProblem(409, ErrorCode.NotRoutable);
        (await _registry.Get(model + "/resolve")).IsProblem(503, ErrorCode.VersionStarting);
        (await _registry.Post(model + "/predict", "{}")).IsProblem(503, ErrorCode.VersionStarting);
        Assert.Equal(id, (await _registry.Get(model)).Is(200)["primary.version_id"]);

        backend.ComeUp();
        Assert.Equal("ready", (await _registry.Get($"/v1/model_versions/{id}?wait=ready&timeout_seconds=60"))["serving.status"]);
        Assert.Equal(id, (await _registry.Get(model + "/resolve")).Is(200)["version_id"]);
        Assert.Equal(
            ["version.activated", "usage.recorded", "version.ready"],
            (await _registry.All($"/v1/model_versions/{id}/events")).TakeLast(3).Select(happened => (string)happened["type"]!));
    }

    [Fact]
    public async Task L3_a_primary_whose_new_serving_failed_stays_primary_until_it_is_deactivated()
    {
        await using var backend = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var other = (await _registry.DeployPrimary(name))["id"]!;
        var version = await _registry.DeployPrimary(name);
        var (id, model) = (version["id"]!, $"/v1/models/{version["model_id"]}");

        (await _registry.Do("activate", id, $$"""{"serving":{{backend.Serving(timeoutSeconds: 1)}}}""")).Is(200);
        Assert.Equal("failed", (await _registry.Get($"/v1/model_versions/{id}?wait=ready&timeout_seconds=60"))["serving.status"]);
        Assert.Equal(id, (await _registry.Get(model)).Is(200)["primary.version_id"]);
        (await _registry.Get(model + "/resolve")).IsProblem(503, ErrorCode.ServingFailed);

        Assert.Equal(other, (await _registry.Do("deactivate", id)).Is(200)["primary_change.to"]);
        Assert.Equal(other, (await _registry.Get(model + "/resolve")).Is(200)["version_id"]);
    }
}

[Collection(OnSqlite.Name)]
public sealed class LifecycleOnSqlite(SqliteServer server) : LifecycleTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class LifecycleOnPostgres(PostgresServer server) : LifecycleTests(server);
