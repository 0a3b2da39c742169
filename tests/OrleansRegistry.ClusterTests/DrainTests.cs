using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Stopping a version that another gateway still calls.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task L2_a_drain_waits_for_the_calls_of_other_gateways_too()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var model = builder.Build();
        model.Urls.Add("http://127.0.0.1:0");
        model.MapPost("/{**path}", async () =>
        {
            arrived.SetResult();
            await answer.Task;
            return new { };
        });
        await model.StartAsync(TestContext.Current.CancellationToken);
        var url = model.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 2);
        await Drain(cluster.Gateways[0].Client, cluster.Gateways[1].Client, url, arrived.Task, answer);
    }

    private static async Task Drain(HttpClient here, HttpClient elsewhere, string url, Task arrived, TaskCompletionSource answer)
    {
        var version = (await here.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
        {
            ["model_name"] = "Model",
            ["publish"] = true,
            ["serving"] = new JsonObject { ["url"] = url },
        })).MustBe(HttpStatusCode.Created).Body!;
        var calling = elsewhere.Call(HttpMethod.Post, "/v1/models/Model/predict", new JsonObject());
        await arrived;

        var path = $"/v1/model_versions/{version["id"]}/deactivate";
        var impatient = (await here.Call(HttpMethod.Post, path, new JsonObject { ["drain_seconds"] = 4 })).MustBe(HttpStatusCode.OK).Body!;
        Assert.Equal(1, (int)impatient["in_flight_left"]!);
        var draining = here.Call(HttpMethod.Post, path, new JsonObject { ["drain_seconds"] = 60 });
        Assert.False(draining.IsCompleted);
        answer.SetResult();

        (await calling).MustBe(HttpStatusCode.OK);
        Assert.Equal(0, (int)(await draining).MustBe(HttpStatusCode.OK).Body!["in_flight_left"]!);
    }
}
