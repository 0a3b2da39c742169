using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Npgsql;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>A database that is away, frozen or locked: 503 and no hang, resolves go on, and nothing acknowledged is lost.</summary>
public sealed class OutageTests
{
    [Theory]
    [Trait("Database", "PostgreSQL")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task E1_while_PostgreSQL_is_away_or_frozen_commands_answer_503_and_resolves_go_on(bool isFrozen)
    {
        await using var database = await TestDatabase.Postgres();
        var server = new NpgsqlConnectionStringBuilder(database.Options.PostgresConnectionString);
        using var proxy = new TcpProxy(server.Host!, server.Port);
        server.Host = "127.0.0.1";
        server.Port = proxy.Port;
        await Outage(
            NodeSettings.On(database) with { ConnectionString = server.ConnectionString },
            begin: () =>
            {
                if (isFrozen)
                {
                    proxy.Freeze();
                }
                else
                {
                    proxy.Refuse();
                }
            },
            end: proxy.Heal);
    }

    [Fact]
    public async Task E1_while_the_SQLite_file_is_locked_commands_answer_503_and_resolves_go_on()
    {
        await using var database = TestDatabase.Sqlite();
        await using var other = new SqliteConnection($"Data Source={Path.Combine(database.Options.DataDirectory, Storage.StorageOptions.FileName)};Pooling=false");
        SqliteTransaction? transaction = null;
        await Outage(
            NodeSettings.On(database),
            begin: () =>
            {
                other.Open();
                transaction = other.BeginTransaction();
            },
            end: () => transaction!.Rollback());
    }

    private static async Task Outage(NodeSettings settings, Action begin, Action end)
    {
        var deployment = new JsonObject { ["model_name"] = "A model", ["publish"] = true };
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var first = (await client.Call(HttpMethod.Post, "/v1/model_versions", deployment)).Body!;
            var resolve = $"/v1/models/{first["model_id"]}/resolve";
            Assert.Equal((string?)first["id"], (string?)(await client.Read(resolve))["version_id"]);
            begin();

            var refused = await client.Call(HttpMethod.Post, $"/v1/model_versions/{first["id"]}/deactivate");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
            Assert.Equal("unavailable", (string?)refused.Body!["code"]);
            Assert.Equal((string?)first["id"], (string?)(await client.Read(resolve))["version_id"]);
            // Out of service it could not even resolve. The SQLite file is locked for writers only.
            Assert.Equal(settings.ConnectionString is null ? "healthy" : "degraded", (string?)(await client.Read("/health/ready"))["status"]);

            end();
            // What had an unknown outcome is repeated until it is known; each try ends by itself.
            Outcome again;
            do
            {
                again = await client.Call(HttpMethod.Post, $"/v1/model_versions/{first["id"]}/deactivate");
            }
            while (again.Fate is Fate.Unknown or Fate.NotSent);
            Assert.Equal("inactive", (string?)again.Body!["version"]!["state"]);
            Assert.Equal("0.2.0", (string?)(await client.Call(HttpMethod.Post, "/v1/model_versions", deployment)).Body!["version"]);
            await process.Kill();
        }

        var (exitCode, report) = await RegistryProcess.RunToEnd(settings, "check");
        Assert.True(exitCode == 0, report);
    }
}
