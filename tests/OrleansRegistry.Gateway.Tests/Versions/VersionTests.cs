using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

public abstract class VersionTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("nothing")]
    [InlineData("0000000000-1")]
    [InlineData("0000000000-01")]
    [InlineData("0000000000-9999999999")]
    [InlineData("0000000000--1")]
    [InlineData("a%2Fb")]
    public async Task A_version_that_does_not_exist_is_404(string id)
    {
        var path = "/v1/model_versions/" + id;
        (await _registry.Get(path)).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Get(path + "/events")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Patch(path, "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Delete(path)).IsProblem(404, ErrorCode.VersionNotFound);
        foreach (var command in (string[])["publish", "promote", "activate", "deactivate"])
        {
            (await _registry.Do(command, id)).IsProblem(404, ErrorCode.VersionNotFound);
        }
    }

    [Fact]
    public async Task An_ordinal_that_was_not_given_yet_is_404()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["model_id"] + "-2";

        (await _registry.Get("/v1/model_versions/" + id)).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Do("publish", id)).IsProblem(404, ErrorCode.VersionNotFound);
    }

    [Fact]
    public async Task A_version_is_read_by_its_number()
    {
        var name = RegistryDriver.NewName();
        var version = await _registry.Deploy(name, "\"version\":\"1.0.0-rc.1\"");

        var found = (await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}/versions/1.0.0-rc.1")).Is(200);

        Assert.Equal(version.Text, found.Text);
        Assert.Equal("\"1\"", found.ETag);
        (await _registry.Get($"/v1/models/{version["model_id"]}/versions/1.0.0")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Get($"/v1/models/{version["model_id"]}/versions/%5E1.0")).IsProblem(404, ErrorCode.VersionNotFound);
    }

    [Fact]
    public async Task A_patch_merges()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName(), "\"description\":\"d\",\"labels\":{\"a\":\"1\"}"))["id"];

        var patched = (await _registry.Patch("/v1/model_versions/" + id, """{"description":null,"labels":{"a":null,"b":"2"}}""")).Is(200);

        Assert.Equal(id, patched["id"]);
        Assert.Null(patched["description"]);
        Assert.Equal("""{"b":"2"}""", patched.Body!["labels"]!.ToJsonString());
        Assert.Equal("\"2\"", patched.ETag);
        Assert.Equal(patched.Text, (await _registry.Get("/v1/model_versions/" + id)).Text);
        (await _registry.Patch("/v1/model_versions/" + id, """{"external_id":"x"}""")).IsInvalid("external_id");
        (await _registry.Patch("/v1/model_versions/" + id, $$"""{"description":"{{new string('x', 4097)}}"}""")).IsInvalid("description");
    }

    [Fact]
    public async Task Deletion_is_final_and_the_number_stays_taken_L4()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.Deploy(name);
        await _registry.Deploy(name);
        var path = "/v1/model_versions/" + first["id"];

        var deleted = (await _registry.Delete(path)).Is(200);

        Assert.Equal("deleted", deleted["version.state"]);
        Assert.Equal("false", deleted["model_deleted"]);
        Assert.NotNull((await _registry.Get(path)).Is(200)["deleted_at"]);
        (await _registry.Delete(path)).IsProblem(410, ErrorCode.VersionDeleted);
        (await _registry.Patch(path, "{}")).IsProblem(410, ErrorCode.VersionDeleted);
        foreach (var command in (string[])["publish", "promote", "activate", "deactivate"])
        {
            (await _registry.Do(command, first["id"]!)).IsProblem(410, ErrorCode.VersionDeleted);
        }

        (await _registry.TryDeploy(name, "\"version\":\"0.1.0\"")).IsProblem(409, ErrorCode.VersionExists);
    }

    [Fact]
    public async Task Deletion_says_who_becomes_primary_P4()
    {
        var name = RegistryDriver.NewName();
        var draft = await _registry.Deploy(name);
        var primary = await _registry.DeployPrimary(name);
        var path = "/v1/model_versions/" + primary["id"];

        (await _registry.Delete(path + "?refuse_if_primary=true")).IsProblem(409, ErrorCode.IsPrimary);
        (await _registry.Delete($"{path}?promote_to={primary["id"]}")).IsInvalid("promote_to");
        (await _registry.Delete(path + "?promote_to=0000000000-1")).IsInvalid("promote_to");
        (await _registry.Delete($"{path}?promote_to={draft["model_id"]}-9")).IsProblem(409, ErrorCode.NotRoutable);
        (await _registry.Delete(path + "?refuse_if_primary=yes&promote_to=a&promote_to=b&drain_seconds=x"))
            .IsInvalid("drain_seconds", "promote_to", "refuse_if_primary");

        var deleted = (await _registry.Delete($"{path}?promote_to={draft["id"]}&refuse_if_primary=false")).Is(200);

        Assert.Equal(primary["id"], deleted["primary_change.from"]);
        Assert.Equal(draft["id"], deleted["primary_change.to"]);
    }

    [Fact]
    public async Task A_deletion_takes_no_body()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["id"];
        using var body = new StringContent("""{"refuse_if_primary":true}""");

        (await _registry.Send(HttpMethod.Delete, "/v1/model_versions/" + id, body)).IsInvalid("body");
    }

    [Fact]
    public async Task Waiting_ends_when_the_version_is_ready_L3()
    {
        await using var backend = await ModelServer.Start();
        var version = await _registry.Deploy(RegistryDriver.NewName(), $"\"publish\":true,\"serving\":{backend.Serving()}");
        Assert.Equal("starting", version["serving.status"]);
        Assert.Equal("false", version["is_primary"]);
        Assert.Equal(version["id"], (await _registry.Get("/v1/models/" + version["model_id"]))["pending_primary.version_id"]);

        var waiting = _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready&timeout_seconds=60");
        Assert.Equal("starting", (await _registry.Get($"/v1/model_versions/{version["id"]}"))["serving.status"]);
        backend.ComeUp();

        var ready = (await waiting).Is(200);
        Assert.Equal("ready", ready["serving.status"]);
        Assert.Equal("true", ready["is_primary"]);
    }

    [Fact]
    public async Task Waiting_ends_when_the_version_failed_L3()
    {
        await using var backend = await ModelServer.Start();
        var version = await _registry.Deploy(RegistryDriver.NewName(), $"\"serving\":{backend.Serving(timeoutSeconds: 1)}");

        var failed = (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready")).Is(200);

        Assert.Equal("failed", failed["serving.status"]);
        Assert.NotNull(failed["serving.message"]);
    }

    [Fact]
    public async Task Waiting_for_the_primary_ends_when_the_version_is_primary_or_can_not_become_so_by_itself()
    {
        await using var backend = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var other = (await _registry.DeployPrimary(name))["id"]!;
        var version = (await _registry.Deploy(name))["id"]!;
        var failing = (await _registry.Deploy(name, $"\"serving\":{backend.Serving(timeoutSeconds: 1)}"))["id"]!;

        var waiting = _registry.Get($"/v1/model_versions/{version}?wait=primary&timeout_seconds=60");
        Assert.Equal("false", (await _registry.Get($"/v1/model_versions/{version}?wait=primary&timeout_seconds=1"))["is_primary"]);
        (await _registry.Do("promote", version)).Is(200);

        Assert.Equal("true", (await waiting).Is(200)["is_primary"]);
        Assert.Equal("failed", (await _registry.Get($"/v1/model_versions/{failing}?wait=primary&timeout_seconds=60"))["serving.status"]);
        await _registry.Do("deactivate", other);
        Assert.Equal("inactive", (await _registry.Get($"/v1/model_versions/{other}?wait=primary&timeout_seconds=60"))["state"]);
    }

    [Fact]
    public async Task Waiting_for_a_stop_ends_when_the_version_is_inactive_or_deleted()
    {
        var version = (await _registry.Deploy(RegistryDriver.NewName()))["id"]!;
        var waiting = _registry.Get($"/v1/model_versions/{version}?wait=stopped&timeout_seconds=60");
        Assert.Equal("draft", (await _registry.Get($"/v1/model_versions/{version}?wait=stopped&timeout_seconds=1"))["state"]);
        (await _registry.Do("deactivate", version)).Is(200);

        Assert.Equal("inactive", (await waiting).Is(200)["state"]);
        (await _registry.Delete($"/v1/model_versions/{version}")).Is(200);
        Assert.Equal("deleted", (await _registry.Get($"/v1/model_versions/{version}?wait=stopped"))["state"]);
        (await _registry.Send(HttpMethod.Head, $"/v1/model_versions/{version}?wait=stopped", null)).Is(200);
    }

    [Fact]
    public async Task L3_a_failed_start_says_how_often_and_how_long_it_was_tried_and_what_was_answered_last()
    {
        await using var backend = await ModelServer.Start();
        var version = await _registry.Deploy(RegistryDriver.NewName(), $"\"serving\":{backend.Serving(timeoutSeconds: 1)}");

        var failed = (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready&timeout_seconds=60")).Is(200);

        Assert.Matches(@"\AThe health URL answered 503\. It was asked \d+ times? in \d+ seconds?\.\z", failed["serving.message"]!);
        var told = (await _registry.All($"/v1/model_versions/{version["id"]}/events?type=version.failed"))[0]["data"]!;
        Assert.Equal((failed["serving.message"], 503), ((string?)told["message"], (int)told["last_status"]!));
        Assert.True((int)told["attempts"]! >= 1 && (int)told["seconds"]! >= 1, told.ToJsonString());
    }

    [Fact]
    public async Task Waiting_ends_at_once_when_there_is_nothing_to_wait_for()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName());

        (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready&timeout_seconds=60")).Is(200);
        (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=soon")).IsInvalid("wait");
        (await _registry.Get($"/v1/model_versions/{version["id"]}?timeout_seconds=5")).IsInvalid("timeout_seconds");
        (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready&timeout_seconds=61")).IsInvalid("timeout_seconds");
    }
}

[Collection(OnSqlite.Name)]
public sealed class VersionsOnSqlite(SqliteServer server) : VersionTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class VersionsOnPostgres(PostgresServer server) : VersionTests(server);
