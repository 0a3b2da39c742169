using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Gateways that are restarted one after the other behind a balancer that looks at their health, under load.</summary>
[Trait("Speed", "Slow")]
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private const int Callers = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task H5_no_call_fails_of_callers_that_keep_connections_and_never_repeat_while_gateways_are_restarted()
    {
        await using var model = await ModelServer.Start();
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 2);
        (await cluster.Gateways[0].Client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
        {
            ["model_name"] = "Model",
            ["publish"] = true,
            ["serving"] = new JsonObject { ["url"] = model.Url + "/production" },
        })).MustBe(HttpStatusCode.Created);
        using var nginx = await Nginx.Start(cluster.Gateways[0].Process.Address, cluster.Gateways[1].Process.Address);
        if (nginx is null)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "nginx is not installed.");
            Assert.Skip("nginx is not installed.");
        }

        using CancellationTokenSource enough = new();
        ConcurrentQueue<string> failures = [];
        using SemaphoreSlim answered = new(0);
        var answers = 0;
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(Call)).ToArray();
        for (var gateway = 0; gateway < 2; gateway++)
        {
            await Answers(100);
            await Replace(gateway);
        }

        await Answers(100);
        await enough.CancelAsync();
        await Task.WhenAll(callers);

        output.WriteLine($"{answers} answers");
        Assert.True(failures.IsEmpty, $"{failures.Count} of {answers} failed: {string.Join('\n', failures.Take(5))}\n{nginx.Errors}");

        async Task Replace(int gateway)
        {
            var (process, client) = (cluster.Gateways[gateway].Process, cluster.Gateways[gateway].Client);
            await process.Signal("TERM");
            while ((await client.Call(HttpMethod.Get, "/health/ready")).Status != HttpStatusCode.ServiceUnavailable)
            {
                Assert.False(process.HasExited, "It has ended without a word.");
            }

            nginx.TakeOut(gateway);
            Assert.Equal(0, await process.WaitForExit());
            await cluster.RestartGateway(gateway);
            while ((await cluster.Gateways[gateway].Client.Call(HttpMethod.Get, "/health/ready")).Status != HttpStatusCode.OK)
            {
                // It looks for the silo.
            }

            nginx.TakeIn(gateway);
        }

        async Task Answers(int count)
        {
            while (answered.Wait(0))
            {
                // Those of before don't count.
            }

            for (; count > 0; count--)
            {
                await answered.WaitAsync();
            }
        }

        async Task Call()
        {
            using KeptConnection connection = new(nginx.Port);
            using PeriodicTimer pace = new(Pause);
            while (!enough.IsCancellationRequested)
            {
                await pace.WaitForNextTickAsync(CancellationToken.None);
                try
                {
                    // The server refuses a call that it has got before.
                    var status = await connection.Post($"/v1/models/Model/predict/{Guid.NewGuid():N}");
                    if (status != 200)
                    {
                        failures.Enqueue($"{status}");
                    }
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    failures.Enqueue(e.Message);
                    connection.Dispose();
                }

                Interlocked.Increment(ref answers);
                answered.Release();
            }
        }
    }
}
