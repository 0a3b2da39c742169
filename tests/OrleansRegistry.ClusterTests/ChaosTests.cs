using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// A cluster under load while its parts are killed, frozen and cut off. <c>REGISTRY_CHAOS_MINUTES</c> makes it go on for so long,
/// <c>REGISTRY_CHAOS_SEED</c> repeats a schedule, <c>REGISTRY_CHAOS_FAULTS</c> injects some faults only; see <c>scripts/chaos.sh</c>.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Silos = 3;
    private const int Gateways = 2;
    private const int Models = 8;
    private const int Clients = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task E1_N5_L2_P3_P4_P5_whatever_happens_to_nodes_and_database_clients_see_one_registry()
    {
        var minutes = int.Parse(Environment.GetEnvironmentVariable("REGISTRY_CHAOS_MINUTES") ?? "0", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("REGISTRY_CHAOS_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await PostgresServer.Run();
        await using var cluster = await ClusterNodes.Start(Silos, Gateways, server.ConnectionString);
        await using var receiver = await WebhookReceiver.Start();
        (await cluster.Gateways[0].Client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = receiver.Url })).MustBe(HttpStatusCode.Created);
        var history = new History(Models);
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => new Client(number, cluster, history, Models, new Random(random.Next()))).ToArray();
        var watcher = new EventWatcher();
        var watching = Watch(cluster, watcher, stop.Token);
        var working = clients.Select(client => Task.Run(() => client.Work(stop.Token))).ToArray();
        var reports = await Disturb(cluster, server, history, random, TimeSpan.FromMinutes(minutes), working);
        await stop.CancelAsync();
        await Task.WhenAll(working).WaitAsync(Patience);
        await watching.WaitAsync(Patience);

        for (var model = 0; model < Models; model++)
        {
            await clients[0].Look(model);
        }

        Report(reports, history);
        for (var model = 0; model < Models; model++)
        {
            var operations = history.Of(model);
            var wrong = Linearizability.Check(operations);
            Assert.True(wrong is null, $"Model {model}: no order explains {wrong} among\n{Around(wrong, operations)}");
        }

        var events = await StopAll(cluster.Gateways[0].Client);
        await CheckEvents(cluster.Gateways[0].Client, events, watcher, receiver);
        await CheckUsage(cluster.Gateways[0].Client, events);
        var (exitCode, found) = await RegistryProcess.RunToEnd(cluster.Settings, "check");
        Assert.True(exitCode == 0, found);
    }

    /// <summary>Every fault once, in an order that the seed gives, and then more of them for as long as there is time.</summary>
    private async Task<List<FaultReport>> Disturb(ClusterNodes cluster, PostgresServer server, History history, Random random, TimeSpan duration, Task[] working)
    {
        var begun = History.Now;
        var faults = new FaultInjector(cluster, server, history, random);
        List<FaultReport> reports = [];
        await history.Recovery(ofReads: false).WaitAsync(Patience);
        do
        {
            var round = Round(isLong: duration > TimeSpan.Zero);
            random.Shuffle(round);
            foreach (var fault in round)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reports.Count}: {fault} after {System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s"));
                var report = faults.Inject(fault);
                await Task.WhenAny([report, .. working]);
                // A client that has seen what must not be has ended.
                await (Array.Find(working, client => client.IsFaulted) ?? Task.CompletedTask);
                reports.Add(await report);
            }
        }
        while (System.Diagnostics.Stopwatch.GetElapsedTime(begun) < duration);
        return reports;
    }

    /// <summary>All faults, or those that <c>REGISTRY_CHAOS_FAULTS</c> names, separated by commas.</summary>
    private static Fault[] Round(bool isLong) => Environment.GetEnvironmentVariable("REGISTRY_CHAOS_FAULTS") is { } names
        ? Array.ConvertAll(names.Split(','), Enum.Parse<Fault>)
        : Array.FindAll(Enum.GetValues<Fault>(), fault => isLong || fault != Fault.StopDatabaseForLong);

    /// <summary>Follows the events on one gateway or the other, from where it was cut off.</summary>
    private static async Task Watch(ClusterNodes cluster, EventWatcher watcher, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await watcher.Watch(cluster.Gateways[i % Gateways].Client, stop: stop);
        }
    }

    /// <summary>Ends all active time, and answers all that has happened.</summary>
    private static async Task<List<JsonNode>> StopAll(HttpClient client)
    {
        foreach (var model in await client.ReadAll("/v1/models"))
        {
            foreach (var version in await client.ReadAll($"/v1/models/{model["id"]}/versions?state=published"))
            {
                (await client.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate")).MustBe(HttpStatusCode.OK);
            }
        }

        return await client.ReadAll("/v1/events");
    }

    /// <summary>A reader of the stream saw each event once, in order; a webhook brought each at least once, the first time in order for each model.</summary>
    private static async Task CheckEvents(HttpClient client, List<JsonNode> events, EventWatcher watcher, WebhookReceiver receiver)
    {
        var ids = events.ConvertAll(Id);
        await watcher.Watch(client, ids[^1]).WaitAsync(Patience);
        Assert.Equal(ids, watcher.Seen);

        var subscribed = Id(events.Single(happened => (string)happened["type"]! == "webhook.created"));
        var sent = ids.Where(id => id > subscribed).ToHashSet();
        using var patience = new CancellationTokenSource(Patience);
        while (!sent.IsSubsetOf(receiver.All.Select(delivery => delivery.Position)))
        {
            await receiver.Next(1).WaitAsync(patience.Token);
        }

        foreach (var model in receiver.All.GroupBy(delivery => (string?)delivery.Event["subject"]))
        {
            var firsts = model.Select(delivery => delivery.Position).Distinct().ToList();
            Assert.Equal(firsts.Order(), firsts);
        }
    }

    /// <summary>Every version's active time is, to the millisecond, what its events say (rule B4).</summary>
    private static async Task CheckUsage(HttpClient client, List<JsonNode> events)
    {
        foreach (var version in events.Where(happened => happened["version_id"] is not null).GroupBy(happened => (string)happened["version_id"]!))
        {
            var (active, since) = (TimeSpan.Zero, default(DateTimeOffset?));
            foreach (var happened in version)
            {
                var at = DateTimeOffset.Parse((string)happened["at"]!, CultureInfo.InvariantCulture);
                switch ((string)happened["type"]!)
                {
                    case "version.published" or "version.activated":
                        Assert.Null(since);
                        since = at;
                        break;
                    case "version.deactivated":
                        active += at - since!.Value;
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

    private void Report(List<FaultReport> reports, History history)
    {
        var operations = Enumerable.Range(0, Models).SelectMany(history.Of).ToList();
        output.WriteLine($"{operations.Count} operations, {operations.Count(operation => operation.Told == Told.Unknown)} of unknown outcome; {reports.Count} faults");
        foreach (var fault in reports.GroupBy(report => report.Fault).OrderBy(group => group.Key))
        {
            var reads = fault.Select(report => report.Reads.TotalSeconds).Order().ToList();
            var commands = fault.Select(report => report.Commands.TotalSeconds).Order().ToList();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{fault.Key,-22} {reads.Count,4} times; answered again, median and worst: resolves {reads[reads.Count / 2]:F1} {reads[^1]:F1} s, commands {commands[commands.Count / 2]:F1} {commands[^1]:F1} s; {fault.Sum(report => report.Failures)} failures"));
        }
    }
}
