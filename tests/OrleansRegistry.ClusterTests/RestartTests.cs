using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>The database server crashes and comes up again, while callers resolve and call models.</summary>
public sealed class RestartTests
{
    private const int Models = 12;
    private const int CallersOfEach = 2;
    private const int Restarts = 3;

    [Fact]
    public async Task E1_no_resolve_or_predict_is_refused_while_the_database_server_crashes_and_starts_again()
    {
        await using var server = await PostgresServer.Run();
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1, server.ConnectionString);
        await using var backend = await ModelServer.Start();
        var client = cluster.Gateways[0].Client;
        List<string> models = [];
        for (var i = 0; i < Models; i++)
        {
            var made = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
            {
                ["model_name"] = $"Model {i}",
                ["publish"] = true,
                ["serving"] = new JsonObject { ["url"] = $"{backend.Url}/{i}" },
            });
            models.Add((string)made.MustBe(HttpStatusCode.Created).Body!["model_id"]!);
        }

        using var stop = new CancellationTokenSource();
        using var answers = new Answers();
        Task[] callers = [.. models.SelectMany(model => Enumerable.Range(0, CallersOfEach)).Zip(models.Concat(models), (_, model) => Call(model))];
        for (var i = 0; i < Restarts; i++)
        {
            await answers.Next(models.Count * 10);
            await server.Crash();
            // Grains read their rows again once a silo has noticed.
            await answers.Next(models.Count * 100);
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Empty(answers.Refused);

        async Task Call(string model)
        {
            while (!stop.IsCancellationRequested)
            {
                answers.Add(await client.Call(HttpMethod.Get, $"/v1/models/{model}/resolve"));
                answers.Add(await client.Call(HttpMethod.Post, $"/v1/models/{model}/predict/{Guid.NewGuid():N}", new JsonObject()));
            }
        }
    }

    /// <summary>What callers were answered.</summary>
    private sealed class Answers : IDisposable
    {
        private readonly SemaphoreSlim _arrived = new(0);

        public ConcurrentBag<string> Refused { get; } = [];

        public void Add(Outcome outcome)
        {
            if (outcome.Status != HttpStatusCode.OK)
            {
                Refused.Add($"{outcome.Status}: {outcome.Body?.ToJsonString()}");
            }

            _arrived.Release();
        }

        public void Dispose() => _arrived.Dispose();

        public async Task Next(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.True(await _arrived.WaitAsync(TimeSpan.FromMinutes(1)), "No answers come.");
            }
        }
    }
}
