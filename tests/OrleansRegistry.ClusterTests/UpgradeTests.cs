using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A cluster under load while its nodes are replaced, one after the other, by those of the next build, and back.</summary>
public sealed class UpgradeTests(ITestOutputHelper output)
{
    private const int Silos = 2;
    private const int Models = 6;
    private const int Clients = 4;
    private const int AnswersPerStep = 300;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(1);

    private static string Previous => Environment.GetEnvironmentVariable("REGISTRY_TEST_PREVIOUS") is { Length: > 0 } executable
        ? executable
        : throw new InvalidOperationException("REGISTRY_TEST_PREVIOUS names no executable of the build before this one; scripts/test.sh builds it and sets it.");

    [Fact]
    public async Task E1_N5_L2_P4_nodes_of_two_builds_are_one_registry_on_the_way_to_the_next_and_back()
    {
        await using var cluster = await ClusterNodes.Start(Silos, gateways: 1, executable: Previous);
        await using var receiver = await WebhookReceiver.Start();
        (await cluster.Gateways[0].Client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = receiver.Url })).MustBe(HttpStatusCode.Created);
        await using var each = await OneOfEach.Make(cluster.Gateways[0].Client);
        var history = new History(Models);
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(number => new Client(number, cluster, history, Models, new Random(number))).ToArray();
        var watcher = new EventWatcher();
        var watching = ClusterChecks.Watch(cluster, watcher, stop.Token);
        var working = clients.Select(client => Task.Run(() => client.Work(stop.Token))).ToArray();
        var roll = new Roll(cluster, history, working, each);
        await roll.Settle();
        var schema = await cluster.FindSchemaVersion();

        // A gateway calls silos of its own build or a newer one: so silos come first, and on the way back last.
        await roll.ReplaceSilos(executable: null);
        await roll.ReplaceGateway(executable: null);
        var hasWayBack = await cluster.FindSchemaVersion() == schema;
        if (hasWayBack)
        {
            await roll.ReplaceGateway(Previous);
            await roll.ReplaceSilos(Previous);
            await roll.ReplaceSilos(executable: null);
            await roll.ReplaceGateway(executable: null);
        }
        else
        {
            await roll.BeRefused(Previous);
        }

        await stop.CancelAsync();
        await Task.WhenAll(working).WaitAsync(WaitTimeout);
        await watching.WaitAsync(WaitTimeout);
        for (var model = 0; model < Models; model++)
        {
            await clients[0].Look(model);
        }

        Operation[] operations = [.. history.OfAll.SelectMany(ofModel => ofModel)];
        output.WriteLine(
            $"{operations.Length} operations, {operations.Count(operation => operation.Told == Told.Unknown)} of unknown outcome; {history.Failures} requests without an answer, or with 5xx");
        // What had no answer was repeated until it had one, and a node that goes costs a client no more than one request.
        Assert.DoesNotContain(operations, operation => operation is { Verb: Verb.Deploy, Told: Told.Unknown });
        Assert.InRange(history.Failures, 0, Clients * roll.Replaced);
        Assert.Equal(OneOfEach.Kinds, await cluster.KindsOfRows());
        await ClusterChecks.Check(cluster, history, watcher, receiver);
        await ClusterChecks.CheckRows(cluster.Settings with { Executable = hasWayBack ? Previous : null });
    }

    /// <summary>Replaces nodes, each after what came before was seen to work on every model.</summary>
    private sealed class Roll(ClusterNodes cluster, History history, Task[] working, OneOfEach each)
    {
        /// <summary>How many were replaced.</summary>
        public int Replaced { get; private set; }

        public async Task ReplaceSilos(string? executable)
        {
            cluster.Executable = executable;
            for (var i = 0; i < Silos; i++)
            {
                var silo = cluster.Silos[i];
                await Stop(silo);
                await Settle();
                cluster.Silos[i] = await cluster.StartSilo();
                silo.Dispose();
                await Settle();
            }
        }

        public async Task ReplaceGateway(string? executable)
        {
            cluster.Executable = executable;
            var gateway = cluster.Gateways[0];
            cluster.Gateways[0] = await cluster.StartGateway();
            await Stop(gateway);
            gateway.Dispose();
            await Settle();
        }

        /// <summary>Starts a node of a build that doesn't know the schema: it ends, and the others go on.</summary>
        public async Task BeRefused(string executable)
        {
            cluster.Executable = executable;
            var refusal = await Assert.ThrowsAsync<InvalidOperationException>(cluster.StartGateway);
            Assert.Contains("Run the newer build", refusal.Message, StringComparison.Ordinal);
            cluster.Executable = null;
            await Settle();
        }

        /// <summary>Waits until resolves and commands were answered on every model, and many of them; then looks at what the clients don't touch.</summary>
        public async Task Settle()
        {
            var settled = Task.WhenAll(history.Recovery(ofReads: true), history.Recovery(ofReads: false), history.Answer(AnswersPerStep));
            await Task.WhenAny([settled, .. working]).WaitAsync(WaitTimeout);
            // A client that has seen what must not be has ended.
            await (Array.Find(working, client => client.IsFaulted) ?? settled.WaitAsync(WaitTimeout));
            await each.Visit(cluster.Gateways[0].Client);
        }

        /// <summary>SIGTERM.</summary>
        private async Task Stop(ClusterNode node)
        {
            Replaced++;
            await node.Process.Signal("TERM");
            Assert.Equal(0, await node.Process.WaitForExit());
        }
    }
}
