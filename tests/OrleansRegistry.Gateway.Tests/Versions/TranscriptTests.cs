using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Versions;

/// <summary>A model's life from its first deployment to its second, as the README shows it.</summary>
public abstract class TranscriptTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task The_life_of_a_model()
    {
        var name = RegistryDriver.NewName();
        var model = "/v1/models/" + RegistryDriver.InPath(name);

        var first = await _registry.Deploy(name);
        var second = await _registry.Deploy(name, "\"version_bump\":\"PATCH\"");
        var third = await _registry.Deploy(name, "\"version_bump\":\"MAJOR\",\"publish\":true");
        var hotfix = await _registry.Deploy(name, "\"base\":\"0.1\"");
        Assert.Equal(["0.1.0", "0.1.1", "1.0.0", "0.1.2"], [first["version"]!, second["version"]!, third["version"]!, hotfix["version"]!]);
        Assert.Equal("true", third["is_primary"]);

        var promoted = (await _registry.Do("promote", hotfix["id"]!)).Is(200);
        Assert.Equal(third["id"], promoted["primary_change.from"]);
        Assert.Equal("0.1.2", await Resolve(""));

        Assert.Equal(third["id"], (await _registry.Post(model + "/rollback")).Is(200)["primary_change.to"]);
        Assert.Equal("1.0.0", await Resolve(""));

        // No published version is left but the one that is deactivated, so that none becomes primary.
        var deactivated = (await _registry.Do("deactivate", third["id"]!)).Is(200);
        Assert.Equal(third["id"], deactivated["primary_change.from"]);
        Assert.Null(deactivated["primary_change.to"]);
        Assert.Equal(ErrorCode.NoPrimary, await Resolve(""));
        Assert.Equal(ErrorCode.NoMatchingVersion, await Resolve("?version=%5E0.1"));
        Assert.Equal(ErrorCode.NoMatchingVersion, await Resolve("?version=1.x"));

        // A published version that becomes routable while there is no primary takes the pointer.
        Assert.Equal(second["id"], (await _registry.Do("publish", second["id"]!)).Is(200)["primary_change.to"]);
        Assert.Equal("0.1.1", await Resolve("?version=%5E0.1"));
        Assert.Equal("0.1.1", await Resolve("?version=~0.1.0"));
        Assert.Equal(ErrorCode.NoMatchingVersion, await Resolve("?version=1.x"));
        Assert.Equal(third["id"], (await _registry.Do("activate", third["id"]!)).Is(200)["version.id"]);
        Assert.Equal("1.0.0", await Resolve("?version=1.x"));

        foreach (var version in (Reply[])[first, third, hotfix])
        {
            Assert.Equal("false", (await _registry.Delete("/v1/model_versions/" + version["id"])).Is(200)["model_deleted"]);
        }

        Assert.Equal("0.1.1", await Resolve(""));
        Assert.Equal("true", (await _registry.Delete("/v1/model_versions/" + second["id"])).Is(200)["model_deleted"]);
        (await _registry.Get(model)).IsProblem(404, ErrorCode.ModelNotFound);

        var again = await _registry.Deploy(name);
        Assert.Equal("0.1.0", again["version"]);
        Assert.NotEqual(first["model_id"], again["model_id"]);

        async Task<string> Resolve(string query)
        {
            var reply = await _registry.Get($"{model}/resolve{query}");
            return reply.Status == 200 ? reply["version"]! : reply["code"]!;
        }
    }
}

[Collection(OnSqlite.Name)]
public sealed class TranscriptOnSqlite(SqliteServer server) : TranscriptTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class TranscriptOnPostgres(PostgresServer server) : TranscriptTests(server);
