using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>What must be so after all that was done to a cluster, when its clients have ended.</summary>
internal static class ClusterChecks
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Follows the events on one gateway after the other, from where it was cut off.</summary>
    public static async Task Watch(ClusterNodes cluster, EventWatcher watcher, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await watcher.Watch(cluster.Gateways[i % cluster.Gateways.Length].Client, stop: stop);
        }
    }

    /// <summary>All of it: what clients saw, what was told, what is billed, and what is stored.</summary>
    public static async Task Check(ClusterNodes cluster, History history, EventWatcher watcher, WebhookReceiver receiver)
    {
        CheckHistory(history);
        // Before anything is asked of what may not fit together, and after.
        await CheckRows(cluster.Settings);
        var client = cluster.Gateways[0].Client;
        var events = await StopAll(client);
        await CheckEvents(client, events, watcher, receiver);
        await CheckUsage(client, events);
        await CheckRows(cluster.Settings);
    }

    /// <summary>The command <c>check</c> finds nothing.</summary>
    public static async Task CheckRows(NodeSettings settings)
    {
        var (exitCode, found) = await RegistryProcess.RunToEnd(settings, "check");
        Assert.True(exitCode == 0, found);
    }

    /// <summary>What clients were told of each model can be explained by one order of what they did.</summary>
    private static void CheckHistory(History history)
    {
        foreach (var (model, operations) in history.OfAll.Index())
        {
            var wrong = Linearizability.Check(operations);
            Assert.True(wrong is null, $"Model {model}: no order explains {wrong} among\n{Around(wrong, operations)}");
        }
    }

    /// <summary>Ends all active time, and answers all that has happened.</summary>
    private static async Task<List<JsonNode>> StopAll(HttpClient client)
    {
        foreach (var model in await client.ReadAll("/v1/models"))
        {
            foreach (var version in await client.ReadAll($"/v1/models/{model["id"]}/versions?state=published"))
            {
                await BeUp(client, version).WaitAsync(WaitTimeout);
                await Stop(client, version).WaitAsync(WaitTimeout);
            }
        }

        return await client.ReadAll("/v1/events");
    }

    /// <summary>No start hangs: a version comes up, whatever became of the silos that looked after it (rule L3).</summary>
    private static async Task BeUp(HttpClient client, JsonNode version)
    {
        while (version["serving"] is JsonObject { } serving && (string?)serving["status"] == "starting")
        {
            version = await client.Read($"/v1/model_versions/{version["id"]}?wait=ready&timeout_seconds=10");
        }
    }

    /// <summary>Deactivates a version, again while nobody knows whether it is done (rule E1): a database that was just restarted leaves connections broken.</summary>
    private static async Task Stop(HttpClient client, JsonNode version)
    {
        Outcome reply;
        do
        {
            reply = await client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate");
        }
        while (reply.Status == HttpStatusCode.ServiceUnavailable);
        reply.MustBe(HttpStatusCode.OK);
    }

    /// <summary>A reader of the stream saw each event once, in order; a webhook brought each at least once, the first time in order for each model.</summary>
    private static async Task CheckEvents(HttpClient client, List<JsonNode> events, EventWatcher watcher, WebhookReceiver receiver)
    {
        var ids = events.ConvertAll(Id);
        await watcher.Watch(client, ids[^1]).WaitAsync(WaitTimeout);
        Assert.Equal(ids, watcher.Seen);

        var subscribed = Id(events.First(happened => (string)happened["type"]! == "webhook.created"));
        var sent = ids.Where(id => id > subscribed).ToHashSet();
        using var timeout = new CancellationTokenSource(WaitTimeout);
        while (!sent.IsSubsetOf(receiver.All.Select(delivery => delivery.Position)))
        {
            await receiver.Next(1).WaitAsync(timeout.Token);
        }

        foreach (var model in receiver.All.GroupBy(delivery => (string?)delivery.Event["subject"]))
        {
            var firsts = model.Select(delivery => delivery.Position).Distinct().ToList();
            Assert.Equal(firsts.Order(), firsts);
        }
    }

    /// <summary>Every version's active time is, to the millisecond, what its events say (rule B4): one that is probed is active from when it is up (rule B2).</summary>
    private static async Task CheckUsage(HttpClient client, List<JsonNode> events)
    {
        foreach (var version in events.Where(happened => happened["version_id"] is not null).GroupBy(happened => (string)happened["version_id"]!))
        {
            var isProbed = (await client.Read($"/v1/model_versions/{version.Key}"))["serving"]?["health_url"] is not null;
            var (active, since) = (TimeSpan.Zero, default(DateTimeOffset?));
            foreach (var happened in version)
            {
                var at = DateTimeOffset.Parse((string)happened["at"]!, CultureInfo.InvariantCulture);
                switch ((string)happened["type"]!)
                {
                    case "version.published" or "version.activated" when !isProbed:
                    case "version.ready":
                        Assert.Null(since);
                        since = at;
                        break;
                    case "version.deactivated" or "version.deleted" when since is not null:
                        active += at - since.Value;
                        since = null;
                        break;
                }
            }

            var usage = await client.Read($"/v1/model_versions/{version.Key}/usage");
            Assert.Equal((decimal)active.TotalSeconds, (decimal)usage["published_seconds"]!);
        }
    }

    private static long Id(JsonNode happened) => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture);

    /// <summary>What went on from a little before an operation until its end.</summary>
    private static string Around(Operation? wrong, IReadOnlyList<Operation> operations) => wrong is null ? "" : string.Join(
        '\n',
        operations.Where(other => other.AnsweredAt >= wrong.CalledAt - System.Diagnostics.Stopwatch.Frequency && other.CalledAt <= wrong.AnsweredAt).OrderBy(other => other.CalledAt));
}
