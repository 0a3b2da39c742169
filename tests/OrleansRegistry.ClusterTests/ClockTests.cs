using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Silos whose clocks are set otherwise than the database's.</summary>
public sealed class ClockTests
{
    [Theory]
    [InlineData(1.5, HttpStatusCode.OK, "healthy")]
    [InlineData(5, HttpStatusCode.ServiceUnavailable, "degraded")]
    [InlineData(-5, HttpStatusCode.ServiceUnavailable, "degraded")]
    public async Task B1_a_silo_takes_no_commands_while_its_clock_is_more_than_two_seconds_off_and_resolves_on(double seconds, HttpStatusCode toCommand, string health)
    {
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 1);
        var client = cluster.Gateways[0].Client;
        var version = await client.Deploy("Model");

        // All there is comes to the silo that is left.
        await Replace(cluster, TimeSpan.FromSeconds(seconds));
        Assert.Equal((string)version["id"]!, (string)(await client.Read($"/v1/models/{version["model_id"]}/resolve"))["version_id"]!);
        (await client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate")).MustBe(toCommand);
        Assert.Equal(health, (string)(await cluster.Silos[0].Client.Read("/health/ready"))["checks"]!["clock"]!["status"]!);

        await Replace(cluster, TimeSpan.Zero);
        (await client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task H6_B3_a_node_with_a_SQLite_file_takes_no_commands_while_its_clock_is_behind_until_an_operator_accepts_it()
    {
        await using var database = TestDatabase.Sqlite();
        var settings = NodeSettings.On(database);
        var ahead = settings with
        {
            Executable = ClusterNodes.OtherClockHost,
            Environment = new Dictionary<string, string> { ["REGISTRY_TEST_CLOCK_OFFSET"] = TimeSpan.FromMinutes(30).ToString() },
        };
        JsonNode version;
        var (wrong, client) = await RegistryProcess.Start(ahead);
        using (wrong)
        using (client)
        {
            version = await client.Deploy("Model");
            Assert.Equal("healthy", (string?)(await client.Read("/health/ready"))["checks"]!["clock"]!["status"]);
            var (busy, why) = await RegistryProcess.RunToEnd(settings, "accept-clock");
            Assert.Equal(1, busy);
            Assert.Contains("Another instance uses the data directory", why, StringComparison.Ordinal);
            await Stop(wrong);
        }

        var path = $"/v1/model_versions/{version["id"]}";
        var (right, asCaller) = await RegistryProcess.Start(settings);
        using (right)
        using (asCaller)
        {
            await right.WaitForOutput("run registry accept-clock");
            Assert.Equal("degraded", (string?)(await asCaller.Read("/health/ready"))["checks"]!["clock"]!["status"]);
            (await asCaller.Call(HttpMethod.Post, path + "/deactivate")).MustBe(HttpStatusCode.ServiceUnavailable);
            Assert.Equal((string?)version["id"], (string?)(await asCaller.Read($"/v1/models/{version["model_id"]}/resolve"))["version_id"]);
            await Stop(right);
        }

        var (accepted, told) = await RegistryProcess.RunToEnd(settings, "accept-clock");
        Assert.True(accepted == 0, told);
        Assert.Contains("that time is not billed", told, StringComparison.Ordinal);
        var (again, after) = await RegistryProcess.Start(settings);
        using (again)
        using (after)
        {
            Assert.Equal("healthy", (string?)(await after.Read("/health/ready"))["checks"]!["clock"]!["status"]);
            (await after.Call(HttpMethod.Post, path + "/deactivate")).MustBe(HttpStatusCode.OK);
            var events = (await after.ReadAll("/v1/events")).GroupBy(happened => (string)happened["type"]!).ToDictionary(type => type.Key, type => type.Last());
            Assert.Equal((string?)events["version.published"]["at"], (string?)events["version.deactivated"]["at"]);
            Assert.Equal("operator", (string?)events["clock.accepted"]["actor"]);
            Assert.Equal((string?)events["version.published"]["at"], (string?)events["clock.accepted"]["data"]!["stored_at"]);
            await Stop(again);
        }

        var (sound, findings) = await RegistryProcess.RunToEnd(settings, "check");
        Assert.True(sound == 0, findings);
        var (twice, nothing) = await RegistryProcess.RunToEnd(settings, "accept-clock");
        Assert.True(twice == 0, nothing);
        Assert.Contains("nothing was changed", nothing, StringComparison.Ordinal);
    }

    private static async Task Stop(RegistryProcess node)
    {
        await node.Signal("TERM");
        Assert.Equal(0, await node.WaitForExit());
    }

    private static async Task Replace(ClusterNodes cluster, TimeSpan clockOffset)
    {
        var leaving = cluster.Silos[0];
        cluster.Silos[0] = await cluster.StartSilo(clockOffset);
        await leaving.Process.Signal("TERM");
        await leaving.Process.WaitForExit();
        leaving.Dispose();
    }
}
