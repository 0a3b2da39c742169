using System.Globalization;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>Reading on from before what retention has removed, on a node of its own.</summary>
public sealed class RemovedEventsTests(SqliteServer server) : IClassFixture<SqliteServer>
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task Whoever_would_miss_what_was_removed_is_told_so()
    {
        var other = (await _registry.DeployPrimary("other"))["model_id"]!;
        var version = await _registry.DeployPrimary("pruned");
        var model = version["model_id"]!;
        await _registry.Do("deactivate", version["id"]!);
        var webhook = "/v1/webhooks/" + (await _registry.Post("/v1/webhooks", """{"url":"http://host.invalid","types":["workspace.created"]}""")).Is(201)["webhook.id"];
        var of = (await _registry.Post("/v1/webhooks", $$"""{"url":"http://host.invalid","types":["workspace.created"],"model":"{{other}}"}""")).Is(201)["webhook.id"];
        var positions = (await _registry.All($"/v1/models/{model}/events")).Select(happened => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture)).ToList();
        var (before, removed) = (positions[0], positions[2]);
        await server.RemoveEvents(model, removed);

        foreach (var path in (string[])["/v1/events", $"/v1/models/{model}/events", $"/v1/model_versions/{version["id"]}/events"])
        {
            foreach (var accept in (string[])["application/json", "text/event-stream"])
            {
                var refused = (await _registry.Get($"{path}?after={before}", ("Accept", accept))).IsProblem(410, ErrorCode.HistoryRemoved);
                Assert.Contains($"{removed}", refused["detail"], StringComparison.Ordinal);
                (await _registry.Get(path, ("Accept", accept), ("Last-Event-ID", $"{removed - 1}"))).IsProblem(410, ErrorCode.HistoryRemoved);
                foreach (var good in (long[])[0, removed, positions[^1]])
                {
                    (await _registry.Send(HttpMethod.Head, $"{path}?after={good}", null, ("Accept", accept))).Is(200);
                    (await _registry.Send(HttpMethod.Head, path, null, ("Accept", accept), ("Last-Event-ID", $"{good}"))).Is(200);
                }
            }
        }

        var token = server.PageTokens.For(GrainKeys.DefaultWorkspace, "events", model, null, null);
        (await _registry.Get($"/v1/models/{model}/events?page_token={token.Encode($"{before}")}")).IsProblem(410, ErrorCode.HistoryRemoved);
        (await _registry.Get($"/v1/models/{model}/events?page_token={token.Encode($"{removed}")}")).Is(200);
        (await _registry.Get($"/v1/models/{other}/events?after={before}")).Is(200);
        Assert.Equal(positions[3..], (await _registry.All($"/v1/models/{model}/events?after={removed}")).Select(happened => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture)));
        (await _registry.Post($"{webhook}/redeliver?from={removed}")).IsProblem(410, ErrorCode.HistoryRemoved);
        (await _registry.Post($"{webhook}/redeliver?from={removed + 1}")).Is(200);
        (await _registry.Post($"{webhook}/redeliver?from=1")).Is(200);
        (await _registry.Post($"/v1/webhooks/{of}/redeliver?from={removed}")).Is(200);
    }
}
