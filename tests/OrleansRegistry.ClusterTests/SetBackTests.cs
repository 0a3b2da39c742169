using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A database that lost what was stored last: a replica that had not heard of it has taken over, or an old copy is in its place.</summary>
public sealed class SetBackTests
{
    private const int Models = 6;

    // Less than the minute after which a model is asked itself again.
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task E1_silos_answer_what_their_database_says_after_it_was_set_back()
    {
        await using var server = await PostgresServer.Run();
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1, server.ConnectionString, areBoth: true);
        var client = cluster.Gateways[0].Client;
        var kept = await DeployToAll(client);
        await server.Stop();
        await server.Keep();
        await server.Start();
        foreach (var version in kept)
        {
            await Resolve(client, version);
        }

        var lost = await DeployToAll(client);
        await ResolveEverywhere(lost);

        await server.Stop();
        await server.SetBack();
        await server.Start();

        // Silos know it when they have looked; until then they answer what they knew, or not at all.
        await ResolveEverywhere(kept);

        var again = await DeployToAll(client);
        Assert.Equal(lost.ConvertAll(version => (string)version["version"]!), again.ConvertAll(version => (string)version["version"]!));
        await ClusterChecks.CheckRows(cluster.Settings);

        // Silos first: what they have themselves they answer without asking it.
        async Task ResolveEverywhere(List<JsonNode> versions)
        {
            foreach (var node in cluster.Silos.Concat(cluster.Gateways))
            {
                foreach (var version in versions)
                {
                    await Resolve(node.Client, version);
                    await Resolve(node.Client, version);
                }
            }
        }
    }

    [Fact]
    public async Task E1_silos_end_whose_database_does_not_know_a_member_any_more()
    {
        await using var server = await PostgresServer.Run();
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 0, server.ConnectionString);
        await server.Stop();
        await server.Keep();
        await server.Start();
        using var lost = await cluster.StartSilo();

        await server.Stop();
        await server.SetBack();
        await server.Start();

        // One is not known any more, the other one knows it.
        await lost.Process.WaitForExit();
        await cluster.Silos[0].Process.WaitForExit();
    }

    private static async Task<List<JsonNode>> DeployToAll(HttpClient client)
    {
        List<JsonNode> versions = [];
        for (var i = 0; i < Models; i++)
        {
            var (model, key) = (new JsonObject { ["model_name"] = $"Model {i}", ["publish"] = true }, Guid.NewGuid().ToString());
            // The first to need a connection after a restart finds it broken.
            var deployed = await Until(() => client.Call(HttpMethod.Post, "/v1/model_versions", model, key), reply => reply.Status == HttpStatusCode.Created);
            versions.Add(deployed.Body!);
        }

        return versions;
    }

    /// <summary>Asks until a version is the one that its model resolves to.</summary>
    private static Task<Outcome> Resolve(HttpClient client, JsonNode version) => Until(
        () => client.Call(HttpMethod.Get, $"/v1/models/{version["model_id"]}/resolve"),
        reply => (string?)reply.Body?["version_id"] == (string?)version["id"]);

    private static async Task<Outcome> Until(Func<Task<Outcome>> call, Func<Outcome, bool> isDone)
    {
        var begun = Stopwatch.GetTimestamp();
        var reply = await call();
        while (!isDone(reply))
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < WaitTimeout, $"still {reply.Status} {reply.Body}");
            reply = await call();
        }

        return reply;
    }
}
