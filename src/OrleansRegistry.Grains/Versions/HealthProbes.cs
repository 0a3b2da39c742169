namespace OrleansRegistry.Versions;

/// <summary>
/// The probes of the servers of a version that is ready, one for each that calls go to (rule HV1). For one grain: its
/// calls don't run beside each other.
/// </summary>
internal sealed class HealthProbes(IHealthProbe health, TimeProvider clock) : IDisposable
{
    private readonly Dictionary<Target, HealthProbe> _running = [];

    /// <summary>Ends all of them.</summary>
    public void Dispose() => Keep(null);

    /// <summary>Ends those that a version as it is now doesn't need, and those that have ended by themselves.</summary>
    public void Keep(ServingState? serving)
    {
        var needed = Targets(serving).ToHashSet();
        foreach (var (target, probe) in _running.Where(running => !needed.Contains(running.Key) || running.Value.Ended.IsCompleted).ToList())
        {
            _running.Remove(target);
            probe.Dispose();
        }
    }

    /// <summary>What is new of the servers, oldest first for each. Begins the probes that are missing.</summary>
    public IReadOnlyList<ProbeSign> Take(ServingState serving)
    {
        Keep(serving);
        List<ProbeSign> signs = [];
        foreach (var target in Targets(serving))
        {
            if (_running.TryGetValue(target, out var probe))
            {
                signs.AddRange(probe.Take());
            }
            else
            {
                _running[target] = new HealthProbe(target.Url, new Uri(target.HealthUrl), target.Seconds, health, clock);
            }
        }

        return signs;
    }

    private static IEnumerable<Target> Targets(ServingState? serving) => serving is { Status: ServingStatus.Ready, ProbeSeconds: > 0 and var seconds }
        ? ServerRules.Of(serving)
            .Where(server => server.IsUp(serving) && server.HealthUrl is not null)
            .Select(server => new Target(serving.Attempt, server.Url, server.HealthUrl!, seconds))
        : [];

    private readonly record struct Target(int Attempt, string Url, string HealthUrl, int Seconds);
}
