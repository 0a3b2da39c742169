using System.Net.Sockets;
using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>Limits by caller, by model and by workspace, on a node that has small ones.</summary>
public sealed class LimitTests(LimitTests.Server server) : IClassFixture<LimitTests.Server>
{
    private const int Burst = 50;
    private const int Concurrent = 2;
    private const int Models = 3;

    [Fact]
    public async Task Q3_a_caller_who_sends_too_much_is_told_when_to_come_again_and_others_are_served()
    {
        var noisy = server.DriverOf(await NewKey());
        var quiet = server.DriverOf(await NewKey());

        var replies = await Task.WhenAll(Enumerable.Range(0, Burst * 4).Select(_ => noisy.Get("/v1/models")));

        var refused = replies.First(reply => reply.Status != 200).IsProblem(429, ErrorCode.RateLimited);
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, null), 1, 60);
        Assert.All(replies, reply => Assert.Contains(reply.Status, (int[])[200, 429]));
        Assert.True(replies.Count(reply => reply.Status == 200) >= Burst);
        (await quiet.Get("/v1/models")).Is(200);
    }

    [Fact]
    public async Task Q3_a_model_has_so_many_open_calls_and_another_model_its_own()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var arrived = new SemaphoreSlim(0);
        await using var backend = await Backend.Start(async _ =>
        {
            arrived.Release();
            await answer.Task;
        });
        var admin = server.Driver;
        await admin.DeployPrimary("slow", backend.Serving());
        await admin.DeployPrimary("slow too", backend.Serving());
        var open = Enumerable.Range(0, Concurrent).Select(_ => admin.Post("/v1/models/slow/predict", "{}")).ToList();
        for (var i = 0; i < Concurrent; i++)
        {
            await arrived.WaitAsync(TestContext.Current.CancellationToken);
        }

        var refused = (await admin.Post("/v1/models/slow/predict", "{}")).IsProblem(429, ErrorCode.RateLimited);
        Assert.Equal("1", refused.Header("Retry-After"));
        var other = admin.Post("/v1/models/slow%20too/predict", "{}");
        await arrived.WaitAsync(TestContext.Current.CancellationToken);

        answer.SetResult();
        Assert.All(await Task.WhenAll([.. open, other]), reply => reply.Is(200));
        (await admin.Post("/v1/models/slow/predict", "{}")).Is(200);
    }

    [Fact]
    public async Task Q8_bodies_that_say_late_which_model_they_are_for_are_held_for_a_few_requests_of_a_caller_only()
    {
        const int most = 16;
        var key = await NewKey("invoker");
        List<TcpClient> open = [];
        try
        {
            for (var i = 0; i <= most; i++)
            {
                open.Add(new TcpClient());
                await open[i].ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
                await open[i].GetStream().WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $$"""
                        POST /v1/chat/completions HTTP/1.1
                        Host: localhost
                        Authorization: Bearer {{key}}
                        Content-Type: application/json
                        Content-Length: 1000000

                        {"messages":[
                        """.ReplaceLineEndings("\r\n")),
                    TestContext.Current.CancellationToken);
            }

            // The last one that comes in, whichever it is, finds all places taken.
            var answer = await await Task.WhenAny(open.Select(ReadLine));
            Assert.Equal("HTTP/1.1 429 Too Many Requests", answer);
            (await server.DriverOf(await NewKey("invoker")).Post("/v1/chat/completions", """{"model":"none"}""")).Is(404);
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Q4_a_workspace_that_is_full_says_so()
    {
        var workspace = $"w{Guid.NewGuid():N}";
        (await server.Driver.Post("/v1/workspaces", $$"""{"name":"{{workspace}}"}""")).Is(201);
        var key = (await server.Driver.Post("/v1/api_keys", $$"""{"name":"x","role":"deployer","workspace":"{{workspace}}"}""")).Is(201)["key"];
        var deployer = server.DriverOf(key);
        for (var i = 0; i < Models; i++)
        {
            await deployer.Deploy($"model {i}");
        }

        (await deployer.TryDeploy("one more")).IsProblem(409, ErrorCode.QuotaExceeded);
        (await deployer.Deploy("model 0")).Is(201);
    }

    private static async Task<string?> ReadLine(TcpClient connection)
    {
        using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII, leaveOpen: true);
        return await reader.ReadLineAsync();
    }

    private async Task<string> NewKey(string role = "viewer") =>
        (await server.Driver.Post("/v1/api_keys", $$"""{"name":"x","role":"{{role}}"}""")).Is(201)["key"]!;

    /// <summary>A node with small limits.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings =>
        [
            "--Registry:Limits:RequestsPerSecond=1",
            $"--Registry:Limits:RequestBurst={Burst}",
            $"--Registry:Limits:OpenCallsPerModel={Concurrent}",
            $"--Registry:Limits:ModelsPerWorkspace={Models}",
        ];
    }
}
