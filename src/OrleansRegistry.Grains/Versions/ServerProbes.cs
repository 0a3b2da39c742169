namespace OrleansRegistry.Versions;

/// <summary>
/// The probes of a version's servers that are not up yet, one for each (rules L3 and SV2). For one grain: its calls don't
/// run beside each other.
/// </summary>
internal sealed class ServerProbes(IHealthProbe health, TimeProvider clock) : IDisposable
{
    private readonly Dictionary<Target, StartProbe> _running = [];

    /// <summary>Ends all of them.</summary>
    public void Dispose() => Keep(null);

    /// <summary>Ends those that a version as it is now doesn't need.</summary>
    public void Keep(ServingState? serving)
    {
        var needed = serving is null ? [] : Waited(serving).Select(server => new Target(server, serving)).ToHashSet();
        foreach (var (target, probe) in _running.Where(running => !needed.Contains(running.Key)).ToList())
        {
            _running.Remove(target);
            probe.Dispose();
        }
    }

    /// <summary>
    /// What is new of the servers: those that have come up, or that too few did in time. Null while there is nothing new.
    /// Begins the probes that are missing.
    /// </summary>
    public ServingResult? Ask(ServingState serving)
    {
        Keep(serving);
        var servers = ServerRules.Of(serving);
        var waited = Waited(serving);
        ServingResult?[] results = [.. waited.Select(server => Ask(server, serving))];
        string[] up = [.. waited.Zip(results).Where(asked => asked.Second is { IsReady: true }).Select(asked => asked.First.Url)];
        var (needed, ready) = (ServerRules.Needed(serving, servers.Count), servers.Count - waited.Length + up.Length);
        if (up.Length > 0 || (serving.Status == ServingStatus.Starting && ready >= needed))
        {
            var first = results.FirstOrDefault(result => result is { IsReady: true }) ?? new ServingResult(serving.Attempt, IsReady: true, null);
            return serving.Servers is null ? first : first with { Up = up };
        }

        return serving.Status != ServingStatus.Starting || results.Contains(null) ? null
            : serving.Servers is null ? results[0]
            : results[0]! with { Message = $"{ready} of {servers.Count} servers came up, and {needed} must. {results[0]!.Message}" };
    }

    private static ServerState[] Waited(ServingState serving) => serving.Status is ServingStatus.Starting or ServingStatus.Ready
        ? [.. ServerRules.Of(serving).Where(server => !server.IsUp(serving))]
        : [];

    private ServingResult? Ask(ServerState server, ServingState serving)
    {
        if (server.HealthUrl is null)
        {
            return new ServingResult(serving.Attempt, IsReady: true, null);
        }

        var target = new Target(server, serving);
        if (!_running.TryGetValue(target, out var probe))
        {
            _running[target] = probe = new StartProbe(server, serving, health, clock);
        }

        return probe.Result;
    }

    /// <summary>What a probe belongs to: once the version is ready, a server may take as long as it takes.</summary>
    private readonly record struct Target(int Attempt, string Url, string? HealthUrl, ServingStatus Status)
    {
        public Target(ServerState server, ServingState serving)
            : this(serving.Attempt, server.Url, server.HealthUrl, serving.Status)
        {
        }
    }
}
