using System.Globalization;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

/// <summary>What was primary when (rule P5).</summary>
public abstract class PrimaryHistoryTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task P5_the_history_says_what_was_primary_when_by_whom_and_why()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name, "\"comment\":\"the first\"");
        var second = await _registry.DeployPrimary(name);
        (await _registry.Post($"/v1/models/{first["model_id"]}/rollback", """{"comment":"too slow"}""")).Is(200);
        (await _registry.Do("deactivate", second["id"]!)).Is(200);
        (await _registry.Do("deactivate", first["id"]!, """{"comment":"ends"}""")).Is(200);
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/primary_history";

        var periods = await _registry.All(path);

        Assert.Equal([null, "0.1.0", "0.2.0", "0.1.0"], periods.Select(period => (string?)period["version"]));
        Assert.Equal([null, first["id"], second["id"], first["id"]], periods.Select(period => (string?)period["version_id"]));
        Assert.Equal(["ends", "too slow", null, "the first"], periods.Select(period => (string?)period["comment"]));
        Assert.Equal(["fallback", "rollback", "published", "published"], periods.Select(period => (string?)period["reason"]));
        Assert.All(periods, period => Assert.Equal((RegistryServer.Operator, "admin key of the settings"), ((string?)period["actor"], (string?)period["actor_name"])));
        Assert.Equal([null, .. periods.Select(period => (string?)period["from"]).SkipLast(1)], periods.Select(period => (string?)period["until"]));
        Assert.Equal(periods.Select(period => period.ToJsonString()), (await _registry.All(path, pageSize: 1)).Select(period => period.ToJsonString()));
        foreach (var period in periods)
        {
            var at = Assert.Single(await _registry.All($"{path}?at={period["from"]}"));
            Assert.Equal(periods.First(other => (string)other["from"]! == (string)period["from"]!).ToJsonString(), at.ToJsonString());
        }
    }

    [Fact]
    public async Task P5_before_the_first_primary_there_was_none_and_the_future_is_refused()
    {
        var name = RegistryDriver.NewName();
        var version = await _registry.Deploy(name);
        var path = $"/v1/models/{version["model_id"]}/primary_history";

        Assert.Empty(await _registry.All(path));
        IsNone(await At(path, "2020-01-01"), until: null);
        (await _registry.Do("promote", version["id"]!)).Is(200);
        var from = (string)(await _registry.All(path))[0]["from"]!;
        IsNone(await At(path, "2020-01-01"), from);
        Assert.Equal(version["id"], (string?)(await At(path, DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)))["version_id"]);
        (await _registry.Get($"{path}?at=2100-01-01")).IsInvalid("at");
        (await _registry.Get($"{path}?at=now")).IsInvalid("at");
        (await _registry.Get($"{path}?page_token=x")).IsInvalid("page_token");
        (await _registry.Get("/v1/models/none/primary_history")).IsProblem(404, ErrorCode.ModelNotFound);

        (await _registry.Delete($"/v1/models/{version["model_id"]}")).Is(200);
        Assert.Equal([null, version["id"]], (await _registry.All(path)).Select(period => (string?)period["version_id"]));
    }

    private async Task<JsonNode> At(string path, string instant) => Assert.Single(await _registry.All($"{path}?at={Uri.EscapeDataString(instant)}"));

    private static void IsNone(JsonNode period, string? until)
    {
        Assert.Equal((null, until, null, null), ((string?)period["from"], (string?)period["until"], (string?)period["version"], (string?)period["version_id"]));
    }
}

[Collection(OnSqlite.Name)]
public sealed class PrimaryHistoryOnSqliteTests(SqliteServer server) : PrimaryHistoryTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class PrimaryHistoryOnPostgresTests(PostgresServer server) : PrimaryHistoryTests(server);
