using BitFaster.Caching.Lru;

namespace OrleansRegistry.Models;

/// <summary>
/// How much workspaces hold, for their quotas: a count of their models' rows that is at most five seconds old, and all
/// that this silo has stored since it began. Counting takes the longer the more models a workspace has, so deployments
/// don't wait for it: while they come, the next count is made beside them.
/// </summary>
/// <param name="count">Counts the rows of a workspace.</param>
/// <param name="clock">What ages are measured by.</param>
internal sealed class WorkspaceUses(Func<string, Task<WorkspaceUse>> count, TimeProvider clock)
{
    private const int MaxWorkspaces = 10_000;
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefreshAge = MaxAge / 2;

    private readonly ConcurrentLru<string, Counts> _counts = new(MaxWorkspaces);

    /// <summary>How much a workspace holds.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="isExact">Wait for a count, however young the last one is.</param>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    public Task<WorkspaceUse> Get(string workspace, bool isExact) => Of(workspace).Get(isExact);

    /// <summary>Adds what is about to be stored. It may turn out not to be: then the next count says so.</summary>
    public void Add(string workspace, WorkspaceUse more) => Of(workspace).Add(more);

    private Counts Of(string workspace) => _counts.GetOrAdd(workspace, name => new Counts(() => count(name), clock));

    private sealed class Counts(Func<Task<WorkspaceUse>> count, TimeProvider clock)
    {
        private readonly Lock _lock = new();
        private Count? _last;
        private Count? _next;

        public Task<WorkspaceUse> Get(bool isExact)
        {
            lock (_lock)
            {
                if (isExact || _last is not { } last || clock.GetElapsedTime(last.Began) > MaxAge)
                {
                    return (_next ??= Begin()).Made;
                }

                if (clock.GetElapsedTime(last.Began) > RefreshAge)
                {
                    _next ??= Begin();
                }

                return Task.FromResult(last.Use);
            }
        }

        public void Add(WorkspaceUse more)
        {
            lock (_lock)
            {
                // A count that is under way may have seen it already; then it counts twice until the next one.
                _last?.Add(more);
                _next?.Add(more);
            }
        }

        private Count Begin()
        {
            var next = new Count(clock.GetTimestamp());
            // Elsewhere: it takes the lock that is held here.
            next.Made = Task.Run(() => Make(next));
            return next;
        }

        private async Task<WorkspaceUse> Make(Count next)
        {
            try
            {
                var counted = await count();
                lock (_lock)
                {
                    next.Add(counted);
                    _last = next;
                    return next.Use;
                }
            }
            finally
            {
                lock (_lock)
                {
                    _next = null;
                }
            }
        }
    }

    private sealed class Count(long began)
    {
        public long Began => began;

        public WorkspaceUse Use { get; private set; } = new(0, 0, 0, 0);

        public Task<WorkspaceUse> Made { get; set; } = null!;

        public void Add(WorkspaceUse more) =>
            Use = new(
                Use.Models + more.Models,
                Use.Versions + more.Versions,
                Use.ActiveVersions + more.ActiveVersions,
                Use.ArtifactBytes + more.ArtifactBytes);
    }
}
