using System.Globalization;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>Reading on from before what retention has removed, on a node of its own.</summary>
public sealed class RemovedEventsTests(SqliteServer server) : IClassFixture<SqliteServer>
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task P5_what_was_primary_is_told_as_far_as_events_and_the_row_tell_it()
    {
        var first = await _registry.DeployPrimary("history");
        var second = await _registry.Deploy("history");
        (await _registry.Do("promote", second["id"]!)).Is(200);
        (await _registry.Do("promote", first["id"]!)).Is(200);
        var (model, path) = (first["model_id"]!, $"/v1/models/{first["model_id"]}/primary_history");
        var events = await _registry.All($"/v1/models/{model}/events");
        var moves = events.Where(happened => (string)happened["type"]! == EventType.PrimaryChanged).ToList();
        Assert.Equal(3, moves.Count);

        // The move to the first version and all before it.
        await server.RemoveEvents(model, Position(moves[0]));
        (await _registry.Get($"{path}?at={moves[0]["at"]}")).IsProblem(410, ErrorCode.HistoryRemoved);
        (await _registry.Get($"{path}?at=2020-01-01")).IsProblem(410, ErrorCode.HistoryRemoved);
        var oldest = events.First(happened => Position(happened) > Position(moves[0]));
        var known = (await _registry.All($"{path}?at={oldest["at"]}"))[0];
        Assert.Equal(
            (null, (string)moves[1]["at"]!, first["id"], "0.1.0", null),
            ((string?)known["from"], (string?)known["until"], (string?)known["version_id"], (string?)known["version"], (string?)known["actor"]));
        Assert.Equal([first["id"], second["id"]], (await _registry.All(path)).Select(period => (string?)period["version_id"]));
        Assert.Equal(second["id"], (string?)(await _registry.All($"{path}?at={moves[1]["at"]}"))[0]["version_id"]);

        // All of them: the row knows since when.
        await server.RemoveEvents(model, Position(events[^1]));
        Assert.Equal(first["id"], (string?)(await _registry.All($"{path}?at={moves[2]["at"]}"))[0]["version_id"]);
        (await _registry.Get($"{path}?at={moves[1]["at"]}")).IsProblem(410, ErrorCode.HistoryRemoved);

        static long Position(System.Text.Json.Nodes.JsonNode happened) => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture);
    }

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
