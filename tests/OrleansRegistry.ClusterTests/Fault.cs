using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace OrleansRegistry.ClusterTests;

/// <summary>What is done to a cluster.</summary>
internal enum Fault
{
    /// <summary>SIGKILL.</summary>
    KillSilo,

    /// <summary>SIGSTOP, and SIGCONT when the others have taken over.</summary>
    FreezeSilo,

    /// <summary>SIGTERM, as a rolling restart sends it.</summary>
    StopSilo,

    /// <summary>One more silo comes, and leaves again.</summary>
    JoinAndLeave,

    /// <summary>Nothing gets through between a silo and the others, in either direction; the database and the gateways reach it.</summary>
    IsolateSilo,

    /// <summary>A silo hears nothing from the others, who hear it.</summary>
    DeafenSilo,

    /// <summary>A silo is isolated again and again, each time for a few hundred answers.</summary>
    FlapSilo,

    KillGateway,
    FreezeGateway,

    /// <summary>A silo's connections to the database are reset, and new ones refused.</summary>
    CutSiloFromDatabase,

    /// <summary>A silo's connections to the database stay, but nothing gets through.</summary>
    FreezeDatabaseOfSilo,

    /// <summary>No node reaches the database.</summary>
    TakeDatabaseAway,

    /// <summary>SIGKILL of a process of the database server, which makes it drop all connections and recover from its log.</summary>
    CrashDatabase,
}

/// <summary>How long resolves and commands took to be answered on every model again, each from the fault on, or from its end when it takes all down.</summary>
internal sealed record FaultReport(Fault Fault, TimeSpan Reads, TimeSpan Commands, long Failures);

/// <summary>Injects faults, one at a time: the next one comes when every model has answered.</summary>
internal sealed class FaultInjector(ClusterNodes cluster, History history, Random random)
{
    private const int EnoughFailures = 32;
    private const int EnoughAnswers = 2000;
    private const int Flaps = 5;
    private const int AnswersPerFlap = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<FaultReport> Inject(Fault fault)
    {
        var before = history.Failures;
        var (reads, commands) = await (fault switch
        {
            Fault.KillSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Kill()),
            Fault.StopSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Signal("TERM")),
            Fault.FreezeSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Signal("STOP"), silo => silo.Process.Signal("CONT")),
            Fault.JoinAndLeave => JoinAndLeave(),
            // It learns from the database that the others gave it up, and ends.
            Fault.IsolateSilo => Replace(cluster.Silos, cluster.StartSilo, silo => Isolate(silo, isDeafOnly: false), _ => Task.CompletedTask, Reconnect),
            Fault.DeafenSilo => Replace(cluster.Silos, cluster.StartSilo, silo => Isolate(silo, isDeafOnly: true), _ => Task.CompletedTask, Reconnect),
            Fault.FlapSilo => Strike(Flap),
            Fault.KillGateway => Replace(cluster.Gateways, cluster.StartGateway, gateway => gateway.Process.Kill()),
            Fault.FreezeGateway => Disturb(() => Any(cluster.Gateways).Process.Signal("STOP"), () => AllGateways("CONT")),
            Fault.CutSiloFromDatabase => Disturb(() => Do(() => Any(cluster.Silos).Database.Refuse()), HealDatabase),
            Fault.FreezeDatabaseOfSilo => Disturb(() => Do(() => Any(cluster.Silos).Database.Freeze()), HealDatabase),
            Fault.TakeDatabaseAway => Disturb(() => Do(() => Array.ForEach([.. cluster.Silos, .. cluster.Gateways], node => node.Database.Refuse())), HealDatabase),
            _ => Strike(CrashDatabase),
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
        var recovered = (await reads.WaitAsync(Patience), await commands.WaitAsync(Patience));
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
        await enough.WaitAsync(Patience);
        return await Strike(end);
    }

    /// <summary>Does something that ends by itself, and waits until all is well.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Strike(Func<Task> strike)
    {
        var (reads, commands) = (history.Recovery(ofReads: true), history.Recovery(ofReads: false));
        await strike();
        return (await reads.WaitAsync(Patience), await commands.WaitAsync(Patience));
    }

    private async Task<(TimeSpan Reads, TimeSpan Commands)> JoinAndLeave()
    {
        using var guest = await cluster.StartSilo();
        await Strike(() => history.Answer(AnswersPerFlap)).WaitAsync(Patience);
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

    private void Reconnect() => Array.ForEach(cluster.Silos, silo => silo.Peers.Heal());

    private async Task Flap()
    {
        var silo = Any(cluster.Silos);
        for (var i = 0; i < Flaps; i++)
        {
            await Isolate(silo, isDeafOnly: false);
            await history.Answer(AnswersPerFlap).WaitAsync(Patience);
            Reconnect();
            await history.Answer(AnswersPerFlap).WaitAsync(Patience);
        }
    }

    private async Task CrashDatabase()
    {
        using var kill = Process.Start("kill", ["-KILL", (await cluster.FindBackend()).ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Puts a silo in the place of each one that the others gave up on the way.</summary>
    private async Task Mend()
    {
        for (var i = 0; i < cluster.Silos.Length; i++)
        {
            if (await cluster.IsLost(cluster.Silos[i]))
            {
                await cluster.Silos[i].Process.WaitForExit();
                cluster.Silos[i].Dispose();
                cluster.Silos[i] = await cluster.StartSilo();
            }
        }
    }

    private TNode Any<TNode>(TNode[] nodes) => nodes[random.Next(nodes.Length)];

    private Task AllGateways(string signal) => Task.WhenAll(cluster.Gateways.Select(gateway => gateway.Process.Signal(signal)));

    private Task HealDatabase() => Do(() => Array.ForEach([.. cluster.Silos, .. cluster.Gateways], node => node.Database.Heal()));

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
