using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Injects faults, one at a time: the next one comes when every model has answered.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="server">Its database.</param>
/// <param name="history">What clients were answered.</param>
/// <param name="served">The servers of versions.</param>
/// <param name="answered">How many calls versions have answered.</param>
/// <param name="random">Chooses.</param>
internal sealed class FaultInjector(
    ClusterNodes cluster, PostgresServer server, History history, ModelServer served, Func<int> answered, Random random)
{
    private const int EnoughCalls = 12;
    private const int EnoughFailures = 32;
    private const int EnoughAnswers = 2000;
    private const int Flaps = 5;
    private const int AnswersPerFlap = 300;
    private const int AnswersPerLook = 50;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(3);

    /// <summary>How far a clock may be off without harm: less than what a silo takes no commands with.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(1.5);

    /// <summary>What a slow way to the database adds to each way of a question.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    /// <summary>The same for a silo that learns late: its look at the membership table still counts when it gets its answer.</summary>
    private static readonly TimeSpan LongDelay = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongOutage = TimeSpan.FromSeconds(30);

    public async Task<FaultReport> Inject(Fault fault)
    {
        var before = history.Failures;
        var (reads, commands) = await (fault switch
        {
            Fault.KillSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Kill()),
            Fault.KillAllSilos => Strike(KillAllSilos),
            Fault.StopSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Signal("TERM")),
            Fault.FreezeSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Signal("STOP"), Thaw),
            Fault.JoinAndLeave => JoinAndLeave(),
            Fault.SkewSilo => Replace(cluster.Silos, () => cluster.StartSilo(random.Next(2) == 0 ? Skew : -Skew), silo => silo.Process.Signal("TERM")),
            // It learns from the database that the others gave it up, and ends.
            Fault.IsolateSilo => Replace(cluster.Silos, cluster.StartSilo, silo => Isolate(silo, isDeafOnly: false), _ => Task.CompletedTask, Reconnect),
            Fault.IsolateSlowSilo => Observe(() => Replace(cluster.Silos, cluster.StartSilo, IsolateSlow, _ => Task.CompletedTask, Reconnect)),
            Fault.StrandSilo => Observe(() => Replace(cluster.Silos, cluster.StartSilo, Strand, Rescue, Reconnect)),
            Fault.DeafenSilo => Replace(cluster.Silos, cluster.StartSilo, silo => Isolate(silo, isDeafOnly: true), _ => Task.CompletedTask, Reconnect),
            Fault.FlapSilo => Strike(FlapSilo),
            Fault.ResetCallers => Strike(() => Do(() => Array.ForEach(cluster.Silos, silo => silo.Callers.Reset()))),
            Fault.CutSiloFromCallers => CutSiloFromCallers(),
            Fault.KillGateway => Replace(cluster.Gateways, cluster.StartGateway, gateway => gateway.Process.Kill()),
            Fault.FreezeGateway => Disturb(() => Any(cluster.Gateways).Process.Signal("STOP"), () => AllGateways("CONT")),
            Fault.KillServer => LoseServer(way => way.Refuse()),
            Fault.HangServer => LoseServer(way => way.Freeze()),
            Fault.CutSiloFromDatabase => Disturb(() => Do(() => Any(cluster.Silos).Database.Refuse()), HealDatabase),
            Fault.FreezeDatabaseOfSilo => Disturb(() => Do(() => Any(cluster.Silos).Database.Freeze()), HealDatabase),
            Fault.MuteSiloToDatabase => Disturb(() => Do(() => Any(cluster.Silos).Database.Hold((_, isCaller) => isCaller)), HealDatabase),
            Fault.DeafenSiloToDatabase => Disturb(() => Do(() => Any(cluster.Silos).Database.Hold((_, isCaller) => !isCaller)), HealDatabase),
            Fault.FlapDatabaseOfSilo => Strike(FlapDatabase),
            Fault.SlowDatabase => Disturb(() => ForAll(database => database.Slow(Delay)), HealDatabase),
            Fault.TakeDatabaseAway => Disturb(() => ForAll(database => database.Refuse()), HealDatabase),
            Fault.FreezeDatabase => Disturb(() => ForAll(database => database.Freeze()), HealDatabase),
            Fault.ExhaustDatabase => ExhaustDatabase(),
            Fault.RestartDatabase => RestartDatabase(),
            Fault.CrashDatabase => CrashDatabase(),
            _ => StopDatabaseForLong(),
        });
        await Mend();
        return new FaultReport(fault, reads, commands, history.Failures - before);
    }

    /// <summary>Takes a node away until the others have taken over, and puts another in its place.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Replace<TNode>(
        TNode[] nodes, Func<Task<TNode>> start, Func<TNode, Task> take, Func<TNode, Task>? release = null, Action? end = null)
        where TNode : ClusterNode
    {
        var index = random.Next(nodes.Length);
        var node = nodes[index];
        var (reads, commands) = (history.Recovery(ofReads: true), history.Recovery(ofReads: false));
        await take(node);
        var recovered = (await reads.WaitAsync(WaitTimeout), await commands.WaitAsync(WaitTimeout));
        if (release is not null)
        {
            // What it still has to say nobody must believe; it ends by itself when it learns that it was given up.
            await release(node);
            await node.Process.WaitForExit();
        }

        end?.Invoke();
        nodes[index] = await start();
        node.Dispose();
        return recovered;
    }

    /// <summary>Disturbs the cluster until enough was noticed, ends that, and waits until all is well.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Disturb(Func<Task> begin, Func<Task> end)
    {
        // What goes on regardless is answered: a silo may have little to do.
        var enough = Task.WhenAny(history.Fail(EnoughFailures), history.Answer(EnoughAnswers));
        await begin();
        await enough.WaitAsync(WaitTimeout);
        return await Strike(end);
    }

    /// <summary>Does something that ends by itself, and waits until all is well.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Strike(Func<Task> strike)
    {
        var (reads, commands) = (history.Recovery(ofReads: true), history.Recovery(ofReads: false));
        await strike();
        return (await reads.WaitAsync(WaitTimeout), await commands.WaitAsync(WaitTimeout));
    }

    /// <summary>Takes a silo away while one more gateway, which doesn't reach the database and so doesn't learn of it, goes on asking it.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Observe(Func<Task<(TimeSpan Reads, TimeSpan Commands)>> take)
    {
        using var gateway = await cluster.StartGateway();
        using var stop = new CancellationTokenSource();
        var observer = new Client(-1, cluster, history, history.Models, random);
        await observer.Observe(gateway.Client, stop: new CancellationToken(canceled: true));
        gateway.Database.Freeze();
        var observing = observer.Observe(gateway.Client, stop.Token);
        var recovered = await take();
        await stop.CancelAsync();
        await gateway.Process.Kill();
        await observing;
        return recovered;
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> JoinAndLeave()
    {
        using var guest = await cluster.StartSilo();
        await Strike(() => history.Answer(AnswersPerFlap)).WaitAsync(WaitTimeout);
        return await Strike(async () =>
        {
            await guest.Process.Signal("TERM");
            await guest.Process.WaitForExit();
        });
    }

    /// <summary>Keeps what others send from a silo, and, unless it shall be deaf only, what it sends from them.</summary>
    private Task Isolate(SiloNode silo, bool isDeafOnly) => Do(() =>
    {
        silo.Peers.Hold((_, isCaller) => isCaller || !isDeafOnly);
        foreach (var other in cluster.Silos.Where(other => other != silo))
        {
            ConcurrentDictionary<int, bool> known = [];
            other.Peers.Hold((port, isCaller) => (!isCaller || !isDeafOnly) && known.GetOrAdd(port, _ => Connections.IsOf(silo.Process.Id, port, other.Port)));
        }
    });

    private void Reconnect()
    {
        Array.ForEach(cluster.Silos, silo => silo.Peers.Heal());
        Array.ForEach([.. cluster.Silos, .. cluster.Gateways], node => node.Database.Heal());
    }

    private Task IsolateSlow(SiloNode silo)
    {
        silo.Database.Slow(LongDelay);
        return Isolate(silo, isDeafOnly: false);
    }

    private Task Strand(SiloNode silo)
    {
        silo.Database.Freeze();
        return Isolate(silo, isDeafOnly: false);
    }

    /// <summary>Lets a silo that was stranded learn what became of it, a while after the others have taken over.</summary>
    private async Task Rescue(SiloNode silo)
    {
        await history.Answer(AnswersPerFlap).WaitAsync(WaitTimeout);
        await HealDatabase();
    }

    /// <summary>Lets a silo run on that the others have given up, however little they missed it.</summary>
    private async Task Thaw(SiloNode silo)
    {
        while (!await cluster.IsLost(silo))
        {
            await history.Answer(AnswersPerLook).WaitAsync(WaitTimeout);
        }

        await silo.Process.Signal("CONT");
    }

    private async Task KillAllSilos()
    {
        SiloNode[] killed = [.. cluster.Silos];
        await Task.WhenAll(killed.Select(silo => silo.Process.Kill()));
        // Clients still call them.
        (await Task.WhenAll(killed.Select(_ => cluster.StartSilo()))).CopyTo(cluster.Silos, 0);
        Array.ForEach(killed, silo => silo.Dispose());
    }

    private async Task FlapSilo()
    {
        var silo = Any(cluster.Silos);
        for (var i = 0; i < Flaps; i++)
        {
            await Isolate(silo, isDeafOnly: false);
            await history.Answer(AnswersPerFlap).WaitAsync(WaitTimeout);
            Reconnect();
            await history.Answer(AnswersPerFlap).WaitAsync(WaitTimeout);
        }
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> CutSiloFromCallers()
    {
        var silo = Any(cluster.Silos);
        var recovered = await Strike(() => Do(silo.Callers.Refuse));
        silo.Callers.Heal();
        return recovered;
    }

    /// <summary>Takes a server from all versions until the others have answered enough calls, and gives it back.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> LoseServer(Action<TcpProxy> take)
    {
        using var timeout = new CancellationTokenSource(WaitTimeout);
        var way = served.Ways[random.Next(served.Ways.Count)];
        var enough = answered() + EnoughCalls;
        take(way);
        while (answered() < enough)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await history.Answer(AnswersPerLook).WaitAsync(WaitTimeout);
        }

        return await Strike(() => Do(way.Heal));
    }

    private async Task FlapDatabase()
    {
        var silo = Any(cluster.Silos);
        for (var i = 0; i < Flaps; i++)
        {
            // The silo may have all models, and nothing be answered without it.
            var enough = Task.WhenAny(history.Fail(EnoughFailures), history.Answer(AnswersPerFlap));
            silo.Database.Refuse();
            await enough.WaitAsync(WaitTimeout);
            silo.Database.Heal();
            await history.Answer(AnswersPerFlap).WaitAsync(WaitTimeout);
        }
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> ExhaustDatabase()
    {
        await ForAll(database => database.Refuse());
        var taken = await server.TakeAllConnections();
        await HealDatabase();
        return await Disturb(() => Task.CompletedTask, () => Task.WhenAll(taken.Select(connection => connection.DisposeAsync().AsTask())));
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> RestartDatabase()
    {
        await server.Stop();
        return await Strike(server.Start);
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> StopDatabaseForLong()
    {
        var begun = History.Now;
        await server.Stop();
        while (Stopwatch.GetElapsedTime(begun) < LongOutage)
        {
            await Task.WhenAny(history.Answer(1), history.Fail(1)).WaitAsync(WaitTimeout);
        }

        return await Strike(server.Start);
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> CrashDatabase()
    {
        using var kill = Process.Start("kill", ["-KILL", (await cluster.FindBackend()).ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await Strike(() => Task.CompletedTask);
    }

    /// <summary>Puts a silo in the place of each one that the others gave up on the way.</summary>
    private async Task Mend()
    {
        for (var i = 0; i < cluster.Silos.Length; i++)
        {
            if (await cluster.IsLost(cluster.Silos[i]))
            {
                var lost = cluster.Silos[i];
                await lost.Process.WaitForExit();
                cluster.Silos[i] = await cluster.StartSilo();
                lost.Dispose();
            }
        }
    }

    private TNode Any<TNode>(TNode[] nodes) => nodes[random.Next(nodes.Length)];

    private Task AllGateways(string signal) => Task.WhenAll(cluster.Gateways.Select(gateway => gateway.Process.Signal(signal)));

    private Task HealDatabase() => ForAll(database => database.Heal());

    private Task ForAll(Action<TcpProxy> action) => Do(() => Array.ForEach([.. cluster.Silos, .. cluster.Gateways], node => action(node.Database)));

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
