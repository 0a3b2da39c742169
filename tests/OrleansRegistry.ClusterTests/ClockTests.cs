using System.Net;
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

    private static async Task Replace(ClusterNodes cluster, TimeSpan clockOffset)
    {
        var leaving = cluster.Silos[0];
        cluster.Silos[0] = await cluster.StartSilo(clockOffset);
        await leaving.Process.Signal("TERM");
        await leaving.Process.WaitForExit();
        leaving.Dispose();
    }
}
