using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>What a silo has still under way when the others have given it up.</summary>
public sealed class ZombieTests
{
    private const int Models = 16;
    private const int Reads = 50;

    [Fact]
    public async Task E1_L2_a_write_that_arrives_after_its_silo_was_given_up_is_refused()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var client = cluster.Gateways[0].Client;
        List<JsonNode> versions = [];
        for (var i = 0; i < Models; i++)
        {
            versions.Add(await client.Deploy($"Model {i}"));
        }

        // All at once, so that the silos have the connections that they need: they get no more.
        foreach (var promoted in await Task.WhenAll(versions.Select(version => client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/promote"))))
        {
            promoted.MustBe(HttpStatusCode.OK);
        }

        var zombie = await cluster.FindHome("model/");

        // What the zombie writes from now on is on the way for long; it gives up waiting, and can't take it back.
        zombie.Database.RefuseNew();
        zombie.Database.Hold((_, isCaller) => isCaller);
        var replies = await Task.WhenAll(versions.Select(version => Deactivate(client, version)));
        var underWay = versions.Where((_, i) => replies[i].Fate == Fate.Unknown).ToList();
        Assert.NotEmpty(underWay);

        // The other silo takes over, and reads the rows as they are without what is on the way.
        await zombie.Process.Signal("STOP");
        foreach (var version in underWay)
        {
            Assert.Equal((string)version["id"]!, (string)(await client.Read(ResolvePath(version)))["version_id"]!);
        }

        // Nothing waits for the zombie's lease any more once something was stored. Then what was on the way arrives.
        await client.Deploy("Another model");
        zombie.Database.Heal();
        for (var i = 0; i < Reads; i++)
        {
            await client.Read($"/v1/model_versions/{underWay[0]["id"]}");
        }

        // What the row says is what the other silo knows.
        foreach (var version in underWay)
        {
            Assert.Equal("published", (string)(await client.Read($"/v1/model_versions/{version["id"]}"))["state"]!);
            Assert.Equal((string)version["id"]!, (string)(await client.Read(ResolvePath(version)))["version_id"]!);
        }
    }

    [Fact]
    public async Task E1_L2_what_others_store_is_answered_when_the_lease_of_a_silo_declared_dead_is_over()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var client = cluster.Gateways[0].Client;
        List<JsonNode> versions = [];
        for (var i = 0; i < Models; i++)
        {
            versions.Add(await client.Deploy($"Model {i}"));
        }

        // Not the one that knows the callers' key: what is asked now is asked of the other one.
        var other = await cluster.FindHome("key/");
        var zombie = cluster.Silos.Single(silo => silo != other);
        zombie.Callers.Refuse();
        await zombie.Process.Signal("STOP");
        while (!await cluster.IsLost(zombie))
        {
            // The database is asked until it says so.
        }

        // The other silo has had some of the models all along.
        var isOver = await Task.WhenAll(versions.Select(async version => (await Deactivate(client, version)).Fate == Fate.Unknown || await cluster.IsLeaseOver(zombie)));
        Assert.All(isOver, Assert.True);
    }

    [Fact]
    public async Task E1_L2_a_silo_that_only_a_gateway_still_reaches_does_not_answer_from_what_it_knows()
    {
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 1);
        var (zombie, gateway) = (cluster.Silos[0], cluster.Gateways[0]);
        var version = await gateway.Client.Deploy("Model");
        await gateway.Client.Read(ResolvePath(version));

        // All there is is on the first silo when the other one comes. Then that is alone with the database.
        using var other = await cluster.StartBoth();
        Array.ForEach([zombie.Peers, other.Peers, zombie.Database, gateway.Database], way => way.Freeze());
        Outcome reply;
        do
        {
            reply = await Deactivate(other.Client, version);
        }
        while (reply.Fate == Fate.Unknown);
        reply.MustBe(HttpStatusCode.OK);

        (await gateway.Client.Call(HttpMethod.Get, ResolvePath(version))).MustBe(HttpStatusCode.ServiceUnavailable);
    }

    private static Task<Outcome> Deactivate(HttpClient client, JsonNode version) => client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate");

    private static string ResolvePath(JsonNode version) => $"/v1/models/{version["model_id"]}/resolve";
}
