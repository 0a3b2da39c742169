using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Versions;

/// <summary>The health of versions over HTTP (rules HV1 to HV3 and HV7).</summary>
public abstract class HealthTests(RegistryServer server)
{
    private const int Patience = 60_000;

    private readonly RegistryDriver _registry = server.Driver;

    [Fact(Timeout = Patience)]
    public async Task HV2_HV3_servers_that_are_down_are_shown_and_the_version_is_marked()
    {
        await using var one = await ModelServer.Start();
        await using var other = await ModelServer.Start();
        var id = await DeployReady(RegistryDriver.NewName(), one, other);
        var well = await Until(id, version => version["serving.health"] == "healthy");
        Assert.Equal("1", well["serving.probe_seconds"]);
        var resolve = $"/v1/models/{well["model_id"]}/resolve";
        var first = (await _registry.Get(resolve)).Is(200);
        Assert.Equal(one.Url, first["serving_url"]);

        one.GoDown();
        var down = await Until(id, version => States(version) is ["down", "up"]);
        Assert.Equal("healthy", down["serving.health"]);
        Assert.NotEqual(well.ETag, down.ETag);
        var servers = (await _registry.Get($"/v1/model_versions/{id}/servers")).Is(200);
        Assert.Equal(("down", "healthy", down.ETag), (servers.Body!["servers"]![0]!["state"]!.ToString(), servers["health"], servers.ETag));
        Assert.Equal(304, (await _registry.Get($"/v1/model_versions/{id}", ("If-None-Match", down.ETag))).Status);
        Assert.Equal(200, (await _registry.Get($"/v1/model_versions/{id}", ("If-None-Match", well.ETag))).Status);
        var second = (await _registry.Get(resolve, ("If-None-Match", first.ETag))).Is(200);
        Assert.Equal((other.Url, first["revision"]), (second["serving_url"], second["revision"]));
        Assert.Equal(304, (await _registry.Get(resolve, ("If-None-Match", second.ETag))).Status);
        // A command asks for what is stored: that one is down changes nothing of it.
        (await _registry.Patch($"/v1/model_versions/{id}", """{"description":"x"}""", ("If-Match", down.ETag))).Is(200);
        (await _registry.Patch($"/v1/model_versions/{id}", """{"description":"y"}""", ("If-Match", down.ETag))).IsProblem(412, ErrorCode.RevisionMismatch);

        other.GoDown();
        var sick = await Until(id, version => version["serving.health"] == "unhealthy");
        Assert.Equal(["down", "down"], States(sick));
        Assert.Equal(("ready", "true"), (sick["serving.status"], sick["is_primary"]));
        var listed = (await _registry.Get($"/v1/models/{sick["model_id"]}/versions")).Is(200);
        Assert.Equal("unhealthy", listed.Body!["items"]![0]!["serving"]!["health"]!.ToString());

        other.ComeUp();
        await Until(id, version => version["serving.health"] == "healthy");
        var events = await _registry.All($"/v1/models/{sick["model_id"]}/events?type=version.unhealthy&type=version.healthy");
        Assert.Equal(["version.unhealthy", "version.healthy"], events.Select(happened => happened["type"]!.GetValue<string>()));
        Assert.Equal("system", events[0]["actor"]!.GetValue<string>());
        Assert.InRange(events[1]["data"]!["unhealthy_seconds"]!.GetValue<int>(), 10, 60);
    }

    [Fact(Timeout = Patience)]
    public async Task HV3_the_primary_moves_to_an_unhealthy_version_only_with_force()
    {
        await using var one = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var id = await DeployReady(name, one);
        var next = await _registry.DeployPrimary(name, """ "promote":true """);
        one.GoDown();
        var sick = await Until(id, version => version["serving.health"] == "unhealthy");
        var model = sick["model_id"];

        Refuses(await _registry.Do("promote", id));
        Refuses(await _registry.Do("publish", id, """{"promote":true}"""));
        Refuses(await _registry.Post($"/v1/models/{model}/rollback"));
        Refuses(await _registry.Do("deactivate", next["id"]!, $$"""{"promote_to":"{{id}}"}"""));
        Refuses(await _registry.Delete($"/v1/model_versions/{next["id"]}?promote_to={id}"));
        Assert.Equal(id, (await _registry.Post($"/v1/models/{model}/rollback", """{"force":true}""")).Is(200)["primary_change.to"]);
        (await _registry.Do("promote", next["id"]!)).Is(200);
        Assert.Equal(id, (await _registry.Do("publish", id, """{"promote":true,"force":true}""")).Is(200)["primary_change.to"]);
        (await _registry.Do("promote", next["id"]!)).Is(200);
        Assert.Equal(id, (await _registry.Delete($"/v1/model_versions/{next["id"]}?promote_to={id}&force=true")).Is(200)["primary_change.to"]);

        static void Refuses(Reply reply)
        {
            var problem = reply.IsProblem(409, ErrorCode.VersionUnhealthy);
            Assert.StartsWith("Version 0.1.0 is unhealthy: ", problem["detail"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("3601")]
    [InlineData("1.5")]
    [InlineData("\"10\"")]
    public async Task E3_how_often_servers_are_asked_is_a_number_of_seconds(string seconds) =>
        Assert.Contains("serving.probe_seconds", (await _registry.TryDeploy(
            RegistryDriver.NewName(), $$""" "serving":{"url":"http://127.0.0.1:9","probe_seconds":{{seconds}}} """)).Fields);

    [Fact(Timeout = Patience)]
    public async Task HV1_a_gateway_tells_of_calls_that_can_not_be_begun_and_of_one_that_succeeds_then()
    {
        var port = RegistryProcess.FreePort();
        var name = RegistryDriver.NewName();
        var version = await _registry.DeployPrimary(name, $$""" "serving":{"url":"http://127.0.0.1:{{port}}"} """);
        var model = server.Grains.GetGrain<IModelGrain>(GrainKeys.Model(GrainKeys.DefaultWorkspace, version["model_id"]!));
        Assert.False((await model.Resolve(null)).Value!.IsDoubted);

        (await Call()).IsProblem(502, ErrorCode.BackendUnreachable);
        await UntilDoubted(true);

        await using var backend = await Backend.Start(context => context.Response.WriteAsync("{}"), port);
        while ((await model.Resolve(null)).Value!.IsDoubted)
        {
            (await Call()).Is(200);
        }

        Task<Reply> Call() => _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}");

        async Task UntilDoubted(bool isDoubted)
        {
            while ((await model.Resolve(null)).Value!.IsDoubted != isDoubted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact(Timeout = Patience)]
    public async Task HV2_a_call_that_was_under_way_when_the_doubts_began_speaks_against_them()
    {
        var (called, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var backend = await Backend.Start(async context =>
        {
            called.SetResult();
            await released.Task;
            await context.Response.WriteAsync("{}");
        });
        var name = RegistryDriver.NewName();
        var version = await _registry.DeployPrimary(name, $$""" "serving":{"url":"{{backend.Url}}"} """);
        var model = server.Grains.GetGrain<IModelGrain>(GrainKeys.Model(GrainKeys.DefaultWorkspace, version["model_id"]!));
        var began = TimeProvider.System.GetTimestamp();
        var call = _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}");
        await called.Task;

        await model.Observe(1, new CallSigns { Attempt = 1, NotBegun = 1 });
        await While(isDoubted => !isDoubted || TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(1.5));
        released.SetResult();
        (await call).Is(200);
        await While(isDoubted => isDoubted);
        // After 30 seconds it would have been forgotten by itself.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(20));

        async Task While(Func<bool, bool> isSo)
        {
            while (isSo((await model.Resolve(null)).Value!.IsDoubted))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact(Timeout = Patience)]
    public async Task HV2_a_model_whose_health_url_lies_stays_healthy_while_calls_succeed()
    {
        await using var lying = await ModelServer.Start();
        await using var backend = await Backend.Start(context => context.Response.WriteAsync("{}"));
        lying.ComeUp();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(
            name, $$""" "serving":{"url":"{{backend.Url}}","health_url":"{{lying.Url}}/health","probe_seconds":1} """))["id"]!;
        (await _registry.Get($"/v1/model_versions/{id}?wait=ready")).Is(200);
        lying.GoDown();
        var end = TimeProvider.System.GetTimestamp();
        // Long enough for three probes, and three more.
        while (TimeProvider.System.GetElapsedTime(end) < TimeSpan.FromSeconds(9))
        {
            (await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}")).Is(200);
            Assert.NotEqual("down", States((await _registry.Get($"/v1/model_versions/{id}")).Is(200)).Single());
        }
    }

    private async Task<string> DeployReady(string name, params ModelServer[] servers)
    {
        foreach (var one in servers)
        {
            one.ComeUp();
        }

        var list = string.Join(',', servers.Select(one => one.Server));
        var version = await _registry.DeployPrimary(name, $$""" "serving":{"servers":[{{list}}],"min_ready":{{servers.Length}},"probe_seconds":1} """);
        Assert.Equal("ready", (await _registry.Get($"/v1/model_versions/{version["id"]}?wait=ready")).Is(200)["serving.status"]);
        await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}/resolve");
        return version["id"]!;
    }

    private async Task<Reply> Until(string id, Func<Reply, bool> isSo)
    {
        while (true)
        {
            var version = (await _registry.Get($"/v1/model_versions/{id}")).Is(200);
            if (isSo(version))
            {
                return version;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }
    }

    private static string[] States(Reply version) =>
        [.. version.Body!["serving"]!["servers"]!.AsArray().Select((JsonNode? one) => one!["state"]?.GetValue<string>() ?? "none")];
}

[Collection(OnSqlite.Name)]
public sealed class HealthOnSqlite(SqliteServer server) : HealthTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class HealthOnPostgres(PostgresServer server) : HealthTests(server);
