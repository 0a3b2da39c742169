using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>
/// The parts of the node's room that versions have (rule X11): from the command that wants a process until no process of
/// the version is wanted or left.
/// </summary>
internal sealed class VersionParts(IProcessRunner runner, InstanceTypes types, IRegistryCatalog catalog) : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Workspace, VersionId Version), Part> _parts = [];

    /// <summary>
    /// Takes the parts of what is to run before the silo takes commands: a new version gets none of them, however long the
    /// others wait for their turn to start.
    /// </summary>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(VersionParts), ServiceLifecycleStage.ApplicationServices, TakeStored);

    /// <summary>Takes a version's part, unless it has one, for a command that is to be stored.</summary>
    /// <returns>Whether there was room. The part stays at least until the reservation is released.</returns>
    public bool TryReserve(string workspace, VersionId version, ProcessResources resources)
    {
        lock (_lock)
        {
            if (!TryTake(workspace, version, resources))
            {
                return false;
            }

            _parts[(workspace, version)].Reservations++;
            return true;
        }
    }

    /// <summary>The command is stored, or is not to be.</summary>
    public void Release(string workspace, VersionId version)
    {
        lock (_lock)
        {
            if (_parts.TryGetValue((workspace, version), out var part))
            {
                part.Reservations--;
            }
        }
    }

    /// <summary>Takes a version's part, unless it has one; whether there was room.</summary>
    public bool TryTake(string workspace, VersionId version, ProcessResources resources)
    {
        lock (_lock)
        {
            if (_parts.ContainsKey((workspace, version)))
            {
                return true;
            }

            if (runner.TryReserve(resources) is not { } room)
            {
                return false;
            }

            _parts[(workspace, version)] = new Part(room);
            return true;
        }
    }

    /// <summary>
    /// Takes a part away from a version that doesn't want its process any more; the process keeps it to its end. Null where
    /// the version has none, or has one for what comes next.
    /// </summary>
    public IDisposable? TakeAway(string workspace, VersionId version)
    {
        lock (_lock)
        {
            return _parts.TryGetValue((workspace, version), out var part) && part.Reservations == 0 && _parts.Remove((workspace, version))
                ? part.Room
                : null;
        }
    }

    /// <summary>Gives back what versions of a model have that neither need a process nor are about to.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="needs">Whether a version needs its part.</param>
    public void Return(string workspace, string modelId, Func<VersionId, bool> needs)
    {
        lock (_lock)
        {
            foreach (var (key, part) in _parts.Where(part => part.Key.Workspace == workspace && part.Key.Version.ModelId == modelId).ToList())
            {
                if (part.Reservations == 0 && !needs(key.Version))
                {
                    _parts.Remove(key);
                    part.Room.Dispose();
                }
            }
        }
    }

    private async Task TakeStored(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var run in await catalog.ListManaged(cancellationToken))
            {
                if (types.Find(run.InstanceType) is { } resources)
                {
                    // What finds no room waits for it when its turn comes to start.
                    _ = TryTake(run.Workspace, run.Version, resources);
                }
            }
        }
        catch (RegistryUnavailableException)
        {
            // Each takes its part when its turn comes to start.
        }
    }

    private sealed class Part(IDisposable room)
    {
        public IDisposable Room => room;

        /// <summary>How many commands have it that are not stored yet.</summary>
        public int Reservations { get; set; }
    }
}
