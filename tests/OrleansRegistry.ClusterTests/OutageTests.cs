using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Clusters whose nodes don't reach the database.</summary>
public sealed class OutageTests
{
    private const int Models = 6;

    private static readonly TimeSpan LongerThanALease = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task E1_silos_resolve_on_without_the_database_while_the_others_answer_peer_probes(bool isFrozen, bool isForOne)
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var client = cluster.Gateways[0].Client;
        List<JsonNode> versions = [];
        for (var i = 0; i < Models; i++)
        {
            versions.Add(await client.Deploy($"Model {i}"));
            await client.Read($"/v1/models/{versions[i]["model_id"]}/resolve");
        }

        ClusterNode[] cut = isForOne ? [cluster.Silos[0]] : [.. cluster.Silos, .. cluster.Gateways];
        Array.ForEach(cut, node => Cut(node.Database, isFrozen));
        // What is not stored nobody sees; its model answers until its write is given up.
        var stopping = isForOne ? Task.CompletedTask : BeRefused($"/v1/model_versions/{versions[0]["id"]}/deactivate");
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) is var passed && passed < LongerThanALease)
        {
            foreach (var version in versions.Skip(passed < CommandContext.StatementTimeout / 2 ? 0 : 1))
            {
                Assert.Equal((string)version["id"]!, (string)(await client.Read($"/v1/models/{version["model_id"]}/resolve"))["version_id"]!);
            }
        }

        await stopping;

        async Task BeRefused(string path) => (await client.Call(HttpMethod.Post, path)).MustBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task E1_a_silo_whose_peers_are_gone_does_not_resolve_without_the_database()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var client = cluster.Gateways[0].Client;
        var made = await client.Deploy("Model");
        var path = $"/v1/models/{made["model_id"]}/resolve";
        await client.Read(path);

        Array.ForEach(cluster.Silos, silo => silo.Database.Refuse());
        Array.ForEach(cluster.Silos, silo => silo.Peers.Refuse());

        var answer = await client.Call(HttpMethod.Get, path);
        while (answer.Status == HttpStatusCode.OK)
        {
            answer = await client.Call(HttpMethod.Get, path);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
    }

    private static void Cut(TcpProxy database, bool isFrozen)
    {
        if (isFrozen)
        {
            database.Freeze();
        }
        else
        {
            database.Refuse();
        }
    }
}
