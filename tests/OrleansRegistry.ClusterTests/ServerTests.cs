using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Versions with several servers in a cluster: the list is one, whichever node is asked.</summary>
public sealed class ServerTests
{
    private const string Name = "Model";
    private const int Callers = 8;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task SV3_no_call_that_begins_after_a_replacement_reaches_a_removed_server_through_another_gateway()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 2);
        var (here, elsewhere) = (cluster.Gateways[0].Client, cluster.Gateways[1].Client);
        await using var server = await PlayedServer.Start("{}");
        var kept = new Uri(server.Url, "kept");
        var version = await Deploy(here, [kept, At(0)]);
        var replacements = 0;
        using var stop = new CancellationTokenSource(WaitTimeout);
        var calling = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Call()));

        for (var next = 1; next <= 20; next++)
        {
            await Until(() => server.Received.Any(call => call.Target == $"/{next - 1}"), calling);
            (await Put(here, version, [kept, At(next)])).MustBe(HttpStatusCode.OK);
            // Each call says how many replacements had been answered when it began.
            Volatile.Write(ref replacements, next);
        }

        await Until(() => server.Received.Any(call => call.Target == "/20"), calling);
        await stop.CancelAsync();
        await calling;
        Assert.DoesNotContain(server.Received, call => int.TryParse(call.Target.AsSpan(1), out var place) && int.Parse(call.Body, CultureInfo.InvariantCulture) > place);

        Uri At(int place) => new(server.Url, $"{place}");

        async Task Call()
        {
            while (!stop.IsCancellationRequested)
            {
                var body = JsonValue.Create(Volatile.Read(ref replacements));
                (await elsewhere.Call(HttpMethod.Post, $"/v1/models/{Name}/predict", body)).MustBe(HttpStatusCode.OK);
            }
        }
    }

    [Fact]
    public async Task E1_SV3_a_list_survives_the_silo_that_has_the_model()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 1);
        var client = cluster.Gateways[0].Client;
        await using var first = await PlayedServer.Start("{}");
        await using var second = await PlayedServer.Start("{}");
        await using var third = await PlayedServer.Start("{}");
        var version = await Deploy(client, [first.Url]);
        (await Put(client, version, [second.Url, third.Url])).MustBe(HttpStatusCode.OK);

        await (await cluster.FindHome($"model/default/{version["model_id"]}")).Process.Kill();

        using var timeout = new CancellationTokenSource(WaitTimeout);
        var servers = (await BeTaken(() => client.Call(HttpMethod.Get, $"/v1/model_versions/{version["id"]}/servers"))).Body!["servers"]!.AsArray();
        Assert.Equal([second.Url.AbsoluteUri, third.Url.AbsoluteUri], servers.Select(server => (string)server!["url"]!));
        while (second.Received.IsEmpty || third.Received.IsEmpty)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await client.Call(HttpMethod.Post, $"/v1/models/{Name}/predict", new JsonObject());
        }

        Assert.Empty(first.Received);
        await BeTaken(() => Put(client, version, [first.Url]));

        async Task<Outcome> BeTaken(Func<Task<Outcome>> command)
        {
            while (true)
            {
                if (await command() is { Status: HttpStatusCode.OK } done)
                {
                    return done;
                }

                timeout.Token.ThrowIfCancellationRequested();
            }
        }
    }

    [Fact]
    public async Task SV6_one_of_three_servers_dies_under_the_callers_of_both_gateways_and_none_of_them_sees_it()
    {
        await using var cluster = await ClusterNodes.Start(silos: 2, gateways: 2);
        await using var server = await PlayedServer.Start("{}");
        TcpProxy[] ways = [.. Enumerable.Range(0, 3).Select(_ => new TcpProxy("127.0.0.1", server.Url.Port))];
        try
        {
            await Deploy(cluster.Gateways[0].Client, [.. ways.Select(way => new Uri($"http://127.0.0.1:{way.Port}/"))]);
            ConcurrentQueue<HttpStatusCode?> told = [];
            using var stop = new CancellationTokenSource(WaitTimeout);
            var calling = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Call(cluster.Gateways[caller % 2].Client)));
            await Until(() => told.Count >= 200, calling);

            ways[1].Refuse();

            var before = told.Count;
            await Until(() => told.Count >= before + 1000, calling);
            await stop.CancelAsync();
            await calling;
            Assert.All(told, status => Assert.Equal(HttpStatusCode.OK, status));

            async Task Call(HttpClient gateway)
            {
                while (!stop.IsCancellationRequested)
                {
                    told.Enqueue((await gateway.Call(HttpMethod.Post, $"/v1/models/{Name}/predict", new JsonObject())).Status);
                }
            }
        }
        finally
        {
            Array.ForEach(ways, way => way.Dispose());
        }
    }

    private static async Task<JsonNode> Deploy(HttpClient client, IReadOnlyList<Uri> servers) => (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
    {
        ["model_name"] = Name,
        ["publish"] = true,
        ["serving"] = new JsonObject { ["servers"] = List(servers), ["repeatable"] = true },
    })).MustBe(HttpStatusCode.Created).Body!;

    private static Task<Outcome> Put(HttpClient client, JsonNode version, IReadOnlyList<Uri> servers) =>
        client.Call(HttpMethod.Put, $"/v1/model_versions/{version["id"]}/servers", new JsonObject { ["servers"] = List(servers) });

    private static JsonArray List(IReadOnlyList<Uri> servers) => [.. servers.Select(url => new JsonObject { ["url"] = url.AbsoluteUri })];

    /// <summary>Waits until calls have shown something, as long as they go on.</summary>
    private static async Task Until(Func<bool> isSeen, Task calling)
    {
        while (!isSeen())
        {
            Assert.False(calling.IsCompleted, $"The calls have ended: {calling.Exception}");
            await Task.WhenAny(calling, Task.Delay(10));
        }
    }
}
