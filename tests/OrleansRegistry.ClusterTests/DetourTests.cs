using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A gateway that doesn't reach a silo which the other silos reach.</summary>
public sealed class DetourTests
{
    private const int Models = 6;

    [Fact]
    public async Task E1_callers_are_answered_by_way_of_another_silo_when_their_gateway_has_lost_its_way_to_one()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var client = cluster.Gateways[0].Client;
        var first = await client.Deploy("Model 0");
        var path = $"/v1/models/{first["model_id"]}/resolve";
        await client.Read(path);

        (await cluster.FindHome($"model/default/{first["model_id"]}")).Callers.Refuse();

        // This waits until the silo has given up the connection. Commands before that would not know what became of them.
        Assert.Equal((string)first["id"]!, (string)(await client.Read(path))["version_id"]!);
        for (var i = 0; i < Models; i++)
        {
            var version = await client.Deploy($"Model {i}");
            var resolved = await client.Read($"/v1/models/{version["model_id"]}/resolve");
            Assert.Equal((string)version["id"]!, (string)resolved["version_id"]!);
        }
    }
}
