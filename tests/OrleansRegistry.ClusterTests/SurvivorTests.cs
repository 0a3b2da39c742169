using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A silo that loses all others at once.</summary>
[Trait("Speed", "Slow")]
public sealed class SurvivorTests
{
    private const int Models = 12;

    /// <summary>
    /// Alone it may declare the others dead once their last sign of life is a minute old, and they write one every
    /// twenty seconds.
    /// </summary>
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task E1_the_last_of_three_silos_takes_over_all_models()
    {
        await using var cluster = await ClusterNodes.Start(silos: 3, gateways: 1);
        var client = cluster.Gateways[0].Client;
        List<JsonNode> versions = [];
        for (var i = 0; i < Models; i++)
        {
            versions.Add(await client.Deploy($"Model {i}"));
        }

        var home = await cluster.FindHome("model/");
        var survivor = cluster.Silos.First(silo => silo != home);
        var lost = cluster.Silos.Where(silo => silo != survivor).ToList();
        await Task.WhenAll(lost.Select(silo => silo.Process.Kill()));

        using var timeout = new CancellationTokenSource(WaitTimeout);
        await Task.WhenAll(versions.Select(async version =>
        {
            await BeTaken(HttpMethod.Get, $"/v1/models/{version["model_id"]}/resolve");
            await BeTaken(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/promote");
        }));
        Assert.False(survivor.Process.HasExited);
        await survivor.Process.WaitForOutput(" is lost: ");
        // One of them may have held nothing that was asked for: it is declared dead when its time is over, too.
        foreach (var silo in lost)
        {
            while (!await cluster.IsDeclaredDead(silo))
            {
                timeout.Token.ThrowIfCancellationRequested();
            }
        }

        async Task BeTaken(HttpMethod method, string path)
        {
            while ((await client.Call(method, path)).Status != HttpStatusCode.OK)
            {
                timeout.Token.ThrowIfCancellationRequested();
            }
        }
    }
}
