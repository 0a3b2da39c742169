using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

/// <summary>The servers of a version over HTTP (rules SV1 to SV3 and SV7).</summary>
public abstract class VersionServerTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact(Timeout = 60_000)]
    public async Task SV2_SV3_moving_house_add_wait_and_remove()
    {
        await using var old = await ModelServer.Start();
        await using var next = await ModelServer.Start();
        old.ComeUp();
        var name = RegistryDriver.NewName();
        var version = await _registry.DeployPrimary(name, $$""" "serving":{"servers":[{{old.Server}}],"repeatable":true} """);
        Assert.Equal("ready", (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready")).Is(200)["serving.status"]);
        (await Put(version["id"]!, $"[{next.Server}]")).IsProblem(409, ErrorCode.NoServerLeft);

        var read = (await _registry.Get(Path(version["id"]!))).Is(200);
        var added = (await Put(version["id"]!, $"[{next.Server},{old.Server}]", ("If-Match", read.ETag!))).Is(200);
        Assert.Equal(("true", "ready", "true"), (added["changed"], added["version.serving.status"], added["version.serving.repeatable"]));
        Assert.Equal(["starting", "up"], States(added.Body!["version"]!["serving"]!["servers"]!));
        (await Put(version["id"]!, $"[{old.Server}]", ("If-Match", read.ETag!))).IsProblem(412, ErrorCode.RevisionMismatch);
        Assert.Equal("false", (await Put(version["id"]!, $"[{next.Server},{old.Server}]")).Is(200)["changed"]);

        next.ComeUp();
        while (States((await _registry.Get(Path(version["id"]!))).Is(200).Body!["servers"]!) is not ["up", "up"])
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        var removed = (await Put(version["id"]!, $"[{next.Server}]", "?drain_seconds=0")).Is(200);
        Assert.Equal(("true", "0"), (removed["changed"], removed["in_flight_left"]));
        Assert.Equal(
            next.Url, (await server.Grains.GetGrain<IModelGrain>(GrainKeys.Model(GrainKeys.DefaultWorkspace, version["model_id"]!)).Resolve(null)).Value!.ServingUrl);
        var events = await _registry.All($"/v1/models/{version["model_id"]}/events?type=version.servers_changed");
        Assert.Equal(["1 2", "2 2", "1 1"], events.Select(happened => $"{happened["data"]!["up"]} {happened["data"]!["servers"]}"));
    }

    [Fact]
    public async Task E3_what_is_wrong_with_a_list_is_named_and_nothing_changes()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName(), """ "serving":{"url":"http://127.0.0.1:9"} """);
        var before = await _registry.Get($"/v1/model_versions/{version["id"]}");

        (await Put(version["id"]!, """[{"url":"http://a"},{"url":"http://b"},{"url":"http://c"},{"url":"c"}]""")).IsInvalid("servers[3].url");
        (await Put(version["id"]!, """[{"url":"http://a"},{"url":"http://a"}]""")).IsInvalid("servers[1].url");
        (await Put(version["id"]!, """[{"url":"http://a","health_url":"x"}]""")).IsInvalid("servers[0].health_url");
        (await Put(version["id"]!, """[{}]""")).IsInvalid("servers[0].url");
        (await Put(version["id"]!, """[null]""")).IsInvalid("servers[0]");
        (await Put(version["id"]!, """[]""")).IsInvalid("servers");
        (await Put(version["id"]!, $"[{string.Join(',', Enumerable.Range(1, 65).Select(place => $$"""{"url":"http://h{{place}}"}"""))}]")).IsInvalid("servers");
        foreach (var item in (string[])["{}", "null", """{"url":"c"}""", """{"url":"http://a","health_url":"x"}"""])
        {
            var reply = await Put(version["id"]!, $"[{string.Join(',', Enumerable.Repeat(item, 65))}]");
            Assert.Equal(ErrorCode.ValidationFailed, reply.IsProblem(400, ErrorCode.ValidationFailed)["code"]);
        }

        (await Put(version["id"]!, "null")).IsInvalid("servers");
        (await Put(version["id"]!, """[{"url":"http://a"}]""", "?drain_seconds=3601")).IsInvalid("drain_seconds");
        Assert.Equal("true", (await Put(version["id"]!, """[{"url":"http://a"}]""", "?dry_run=true")).Is(200)["changed"]);

        Assert.Equal(before.Text, (await _registry.Get($"/v1/model_versions/{version["id"]}")).Text);
    }

    [Theory]
    [InlineData("""{"servers":[{"url":"http://a"},{"url":"http://b"},{"url":"http://c"},{"url":"c"}]}""", "serving.servers[3].url")]
    [InlineData("""{"servers":[{"url":"http://a"}],"url":"http://b"}""", "serving.url")]
    [InlineData("""{"servers":[{"url":"http://a"}],"health_url":"http://b"}""", "serving.health_url")]
    [InlineData("""{"servers":[]}""", "serving.servers")]
    [InlineData("""{"servers":[{"url":"http://a"}],"min_ready":0}""", "serving.min_ready")]
    [InlineData("""{"servers":[{"url":"http://a"}],"min_ready":65}""", "serving.min_ready")]
    [InlineData("""{"servers":[{"url":"http://a","health_url":"http://h"}],"url":"http://a","health_url":"http://b"}""", "serving.health_url")]
    [InlineData("""{}""", "serving.url")]
    public async Task E3_a_deployment_names_what_is_wrong_with_its_servers(string serving, string field) =>
        Assert.Contains(field, (await _registry.TryDeploy(RegistryDriver.NewName(), $"\"serving\":{serving}")).Fields);

    [Fact]
    public async Task SV3_a_version_that_is_only_registered_has_no_servers()
    {
        var version = await _registry.Deploy(RegistryDriver.NewName());

        (await Put(version["id"]!, """[{"url":"http://a"}]""")).IsProblem(409, ErrorCode.NotServable);
        Assert.Equal("""{"servers":[],"health":null}""", (await _registry.Get(Path(version["id"]!))).Is(200).Text);
        (await _registry.Get(Path(version["id"]![..^1] + "99"))).IsProblem(404, ErrorCode.VersionNotFound);
    }

    private static string[] States(System.Text.Json.Nodes.JsonNode servers) =>
        [.. servers.AsArray().Select(one => one!["state"]?.GetValue<string>() ?? "none")];

    private static string Path(string id) => $"/v1/model_versions/{id}/servers";

    private Task<Reply> Put(string id, string servers, string query = "") =>
        _registry.Send("PUT", Path(id) + query, $$"""{"servers":{{servers}}}""", "application/json");

    private Task<Reply> Put(string id, string servers, (string Name, string Value) header) => _registry.Send(
        HttpMethod.Put, Path(id), new StringContent($$"""{"servers":{{servers}}}""", System.Text.Encoding.UTF8, "application/json"), header);
}

[Collection(OnSqlite.Name)]
public sealed class VersionServersOnSqlite(SqliteServer server) : VersionServerTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class VersionServersOnPostgres(PostgresServer server) : VersionServerTests(server);
