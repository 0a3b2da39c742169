using System.Collections.Concurrent;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Models;

/// <inheritdoc cref="ILocalRoutes"/>
internal sealed class LocalRoutes(ISiloLease lease, TimeProvider clock) : ILocalRoutes
{
    private readonly ConcurrentDictionary<(string Workspace, string ModelId), LocalRoute> _shown = new();

    /// <inheritdoc/>
    public ResolvedVersion? Find(string workspace, string modelId, string? selector)
    {
        // A call is opened before this. Whoever drains a version sees it, or this sees what the drain has followed (rule L2).
        Interlocked.MemoryBarrier();
        return _shown.TryGetValue((workspace, modelId), out var route) ? route.Find(selector) : null;
    }

    /// <summary>What an activation of a model shows from now on: nothing yet.</summary>
    public LocalRoute Enter(IGrainContext grain, string workspace, string modelId) => new(_shown, (workspace, modelId), lease.Of(grain), clock);
}

/// <summary>
/// What one activation of a model shows to its process. It shows its table when a write is confirmed, before the
/// command is answered: whoever reads the one before has begun before the answer. Shown is nothing while the outcome of
/// a write is unknown. All but <see cref="Find"/> is called in the activation's turns.
/// </summary>
internal sealed class LocalRoute(
    ConcurrentDictionary<(string Workspace, string ModelId), LocalRoute> shown,
    (string Workspace, string ModelId) key,
    Func<bool> mayAnswer,
    TimeProvider clock)
{
    /// <summary>At least so often a call is the grain's own, which is let go of when nobody asks it, and asks no servers.</summary>
    private static readonly TimeSpan AskEvery = TimeSpan.FromMinutes(1);

    private volatile RoutingTable? _table;
    private long _askedAt = long.MinValue;
    private bool _hasLeft;

    /// <summary>The version that a selector leads to, or null where the grain is to be asked.</summary>
    public ResolvedVersion? Find(string? selector) =>
        _table is { } table && !IsAskedAgain() && table.Route(selector).TryGet(out var found, out _)
            // The last: what was read counts if others had not taken this silo's place by then.
            && mayAnswer()
            ? found
            : null;

    /// <summary>Shows a table, or nothing.</summary>
    public void Show(RoutingTable? table)
    {
        if (_hasLeft || ReferenceEquals(table, _table))
        {
            return;
        }

        _table = table;
        if (table is not null)
        {
            shown[key] = this;
        }

        Interlocked.MemoryBarrier();
    }

    /// <summary>Shows nothing any more, whatever is confirmed later: another activation may take over.</summary>
    public void Leave()
    {
        Show(null);
        _hasLeft = true;
        shown.TryRemove(KeyValuePair.Create(key, this));
    }

    private bool IsAskedAgain()
    {
        var (last, now) = (Volatile.Read(ref _askedAt), clock.GetTimestamp());
        return (last == long.MinValue || clock.GetElapsedTime(last, now) >= AskEvery)
            && Interlocked.CompareExchange(ref _askedAt, now, last) == last;
    }
}
