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
    private const int Invokers = 3;
    private const int ShortRound = 4;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task E1_N5_L2_P3_P4_P5_AL3_AL4_AL7_whatever_happens_to_nodes_and_database_clients_see_one_registry()
    {
        var minutes = int.Parse(Environment.GetEnvironmentVariable("REGISTRY_CHAOS_MINUTES") ?? "0", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("REGISTRY_CHAOS_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var server = await PostgresServer.Run();
        await using var cluster = await ClusterNodes.Start(Silos, Gateways, server.ConnectionString, areBoth: true);
        await using var receiver = await WebhookReceiver.Start();
        await using var served = await ModelServer.Start();
        (await cluster.Gateways[0].Client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = receiver.Url })).MustBe(HttpStatusCode.Created);
        var history = new History(Models);
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => new Client(number, cluster, history, Models, new Random(random.Next())) { UsesAlias = true }).ToArray();
        var watcher = new EventWatcher();
        var watching = ClusterChecks.Watch(cluster, watcher, stop.Token);
        var invokers = Enumerable.Range(0, Invokers).Select(number => new Invoker(number, cluster, served, new Random(random.Next()))).ToArray();
        Task[] working =
        [
            .. clients.Select(client => Task.Run(() => client.Work(stop.Token))),
            .. invokers.Select(invoker => Task.Run(() => invoker.Work(stop.Token))),
        ];
        var faults = new FaultInjector(cluster, server, history, served, () => invokers.Sum(invoker => invoker.Answered), random);
        var reports = await Disturb(faults, history, random, TimeSpan.FromMinutes(minutes), working);
        await stop.CancelAsync();
        await Task.WhenAll(working).WaitAsync(WaitTimeout);
        await watching.WaitAsync(WaitTimeout);

        for (var model = 0; model < Models; model++)
        {
            await clients[0].Look(model);
        }

        Report(reports, history);
        output.WriteLine($"{invokers.Sum(invoker => invoker.Answered)} calls of versions answered");
        Assert.Empty(invokers.SelectMany(invoker => invoker.Wrong));
        await ClusterChecks.Check(cluster, history, watcher, receiver);
    }

    /// <summary>A round of faults, in an order that the seed gives, and then more of them for as long as there is time.</summary>
    private async Task<List<FaultReport>> Disturb(FaultInjector faults, History history, Random random, TimeSpan duration, Task[] working)
    {
        var begun = History.Now;
        List<FaultReport> reports = [];
        await history.Recovery(ofReads: false).WaitAsync(WaitTimeout);
        do
        {
            var round = Round(random, isLong: duration > TimeSpan.Zero);
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

    /// <summary>The faults of a round in their order: all of them, in a short run some that the seed chooses, or those that <c>REGISTRY_CHAOS_FAULTS</c> names.</summary>
    private static Fault[] Round(Random random, bool isLong)
    {
        var named = Environment.GetEnvironmentVariable("REGISTRY_CHAOS_FAULTS")?.Split(',');
        var round = named is not null ? Array.ConvertAll(named, Enum.Parse<Fault>)
            : Array.FindAll(Enum.GetValues<Fault>(), fault => isLong || fault is not (Fault.StopDatabaseForLong or Fault.KillAllSilos));
        random.Shuffle(round);
        return isLong || named is not null ? round : round[..ShortRound];
    }

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
