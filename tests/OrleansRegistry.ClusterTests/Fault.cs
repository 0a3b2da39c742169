namespace OrleansRegistry.ClusterTests;

/// <summary>What is done to a cluster.</summary>
internal enum Fault
{
    KillSilo,
    FreezeSilo,
    StopSilo,
    KillGateway,
    FreezeGateway,
    CutSiloFromDatabase,
    FreezeDatabaseOfSilo,
    TakeDatabaseAway,
}

/// <summary>How long resolves and commands took to be answered on every model again, each from the fault on, or from its end when it takes all down.</summary>
internal sealed record FaultReport(Fault Fault, TimeSpan Reads, TimeSpan Commands, long Failures);

/// <summary>Injects faults, one at a time: the next one comes when every model has answered.</summary>
internal sealed class FaultInjector(ClusterNodes cluster, History history, Random random)
{
    private const int EnoughFailures = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<FaultReport> Inject(Fault fault)
    {
        var before = history.Failures;
        var (reads, commands) = await (fault switch
        {
            Fault.KillSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Kill()),
            Fault.StopSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Signal("TERM")),
            Fault.FreezeSilo => Replace(cluster.Silos, cluster.StartSilo, silo => silo.Process.Signal("STOP"), silo => silo.Process.Signal("CONT")),
            Fault.KillGateway => Replace(cluster.Gateways, cluster.StartGateway, gateway => gateway.Process.Kill()),
            Fault.FreezeGateway => Disturb(() => Any(cluster.Gateways).Process.Signal("STOP"), () => AllGateways("CONT")),
            Fault.CutSiloFromDatabase => Disturb(() => Do(() => Any(cluster.Silos).Database.Refuse()), HealDatabase),
            Fault.FreezeDatabaseOfSilo => Disturb(() => Do(() => Any(cluster.Silos).Database.Freeze()), HealDatabase),
            _ => Disturb(() => Do(() => Array.ForEach([.. cluster.Silos, .. cluster.Gateways], node => node.Database.Refuse())), HealDatabase),
        });
        return new FaultReport(fault, reads, commands, history.Failures - before);
    }

    /// <summary>Takes a node away until the others have taken over, and puts another in its place.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Replace(
        ClusterNode[] nodes, Func<Task<ClusterNode>> start, Func<ClusterNode, Task> take, Func<ClusterNode, Task>? release = null)
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

        nodes[index] = await start();
        node.Dispose();
        return recovered;
    }

    /// <summary>Disturbs the cluster until enough was noticed, ends that, and waits until all is well.</summary>
    private async Task<(TimeSpan Reads, TimeSpan Commands)> Disturb(Func<Task> begin, Func<Task> end)
    {
        var enough = history.FailuresReach(history.Failures + EnoughFailures);
        await begin();
        await enough.WaitAsync(Patience);
        var (reads, commands) = (history.Recovery(ofReads: true), history.Recovery(ofReads: false));
        await end();
        return (await reads.WaitAsync(Patience), await commands.WaitAsync(Patience));
    }

    private ClusterNode Any(ClusterNode[] nodes) => nodes[random.Next(nodes.Length)];

    private Task AllGateways(string signal) => Task.WhenAll(cluster.Gateways.Select(gateway => gateway.Process.Signal(signal)));

    private Task HealDatabase() => Do(() => Array.ForEach([.. cluster.Silos, .. cluster.Gateways], node => node.Database.Heal()));

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
