using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>Until when a version ran whose process was lost with its node (rule X13).</summary>
internal sealed class LastSigns(IProcessRunner runner, IRegistryCatalog catalog) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Among so many events at the end there is one of a model, or none is looked for.</summary>
    private const int MaxEvents = 100;

    private DateTimeOffset? _lastStored;

    /// <summary>Reads what is stored last before the silo takes commands: each of them is a sign of the life before.</summary>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(LastSigns), ServiceLifecycleStage.ApplicationServices, Read);

    /// <summary>The last instant at which it is known to have run: never before it was ready.</summary>
    public DateTimeOffset? Of(ModelVersionState version)
    {
        if (version.Meter.RunningSince is not { } since)
        {
            return null;
        }

        return runner.FindLastAlive(since) ?? (_lastStored > since ? _lastStored : since);
    }

    private async Task Read(CancellationToken cancellationToken)
    {
        try
        {
            var last = await catalog.FindLastPosition(cancellationToken);
            var events = await catalog.ListEvents(Math.Max(0, last - MaxEvents), MaxEvents, cancellationToken);
            _lastStored = events.LastOrDefault(happened => happened.ModelId is not null)?.At;
        }
        catch (RegistryUnavailableException)
        {
            // Then a bill ends where the version became ready: it loses some, and gains none.
        }
    }
}
