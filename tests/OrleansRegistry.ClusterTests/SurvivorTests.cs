using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A silo that is left alone by all others.</summary>
[Trait("Speed", "Slow")]
public sealed class SurvivorTests
{
    private const int Models = 12;

    [Fact]
    public async Task E1_the_last_of_three_silos_takes_over_all_models_by_itself()
    {
        await using var cluster = await ClusterNodes.Start(silos: 3, gateways: 1);
        var client = cluster.Gateways[0].Client;
        List<JsonNode> versions = [];
        for (var i = 0; i < Models; i++)
        {
            versions.Add(await client.Deploy($"Model {i}"));
        }

        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(cluster.Silos[1].Process.Kill(), cluster.Silos[2].Process.Kill());
        foreach (var version in versions)
        {
            Outcome answer;
            do
            {
                answer = await client.Call(HttpMethod.Get, $"/v1/models/{version["model_id"]}/resolve");
                Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(begun)} {version["model_id"]} {answer.Status}");
            }
            while (answer.Status != HttpStatusCode.OK && Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMinutes(4));
        }

        foreach (var version in versions)
        {
            Outcome answer;
            do
            {
                answer = await client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate");
                Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(begun)} {version["model_id"]} {answer.Status}");
            }
            while (answer.Status != HttpStatusCode.OK && Stopwatch.GetElapsedTime(begun) < TimeSpan.FromMinutes(4));
        }
        Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(begun)} {cluster.Silos[0].Process.HasExited}");
    }
}
