using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Versions;

/// <inheritdoc cref="IModelVersionGrain"/>
internal sealed class ModelVersionGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage, IGrainContext context, IHealthProbe health, VersionProcesses processes, TimeProvider clock)
    : IGrainBase, IModelVersionGrain, IDisposable
{
    private readonly StateRow<ModelVersionState> _row = new(storage, StorageNames.Version, context.GrainId);
    private bool _isConfirmed;
    private (ModelVersionState? State, int RowVersion) _known;
    private Guid? _prepared;
    private readonly ServerProbes _probes = new(health, clock);
    private readonly HealthProbes _health = new(health, clock);

    public IGrainContext GrainContext => context;

    /// <summary>The activation has ended: the next one begins a probe of its own.</summary>
    public void Dispose()
    {
        _probes.Dispose();
        _health.Dispose();
    }

    public async Task<PreparedVersion> Prepare(Guid commandId, VersionTransition transition, DateTimeOffset at)
    {
        await Confirm(_prepared is not null);
        var step = transition.Apply(_known.State, at);
        _prepared = step is { Changed: true } ? commandId : null;
        return new PreparedVersion(step, _known.RowVersion);
    }

    public Task TakeOver(Guid commandId, ModelVersionState written)
    {
        if (_prepared == commandId)
        {
            _prepared = null;
            _known = (written, _known.RowVersion + 1);
            _probes.Keep(ProbedOf(written));
            _health.Keep(ProbedOf(written));
        }

        return Task.CompletedTask;
    }

    public async Task<ServingResult?> GetProbeResult(int attempt)
    {
        // The model asks for starts that are stored: a lower one here means that a take-over was lost.
        await Confirm((_known.State?.Serving?.Attempt ?? 0) < attempt);
        if (_known.State is { IsActive: true, Serving: { Runtime: not null } managed } run)
        {
            return managed.Attempt == attempt && managed.Status.NeedsProcess() ? processes.Look(run) : null;
        }

        return ProbedOf(_known.State) is { } serving && serving.Attempt == attempt ? _probes.Ask(serving) : null;
    }

    public async Task<IReadOnlyList<ProbeSign>> TakeSigns(int attempt)
    {
        await Confirm((_known.State?.Serving?.Attempt ?? 0) < attempt);
        return ProbedOf(_known.State) is { } serving && serving.Attempt == attempt ? _health.Take(serving) : [];
    }

    /// <summary>Reads the row on first use, and again when it may have changed.</summary>
    private async Task Confirm(bool again)
    {
        if (_isConfirmed && !again)
        {
            return;
        }

        _isConfirmed = false;
        await _row.Read();
        _known = (_row.Value, _row.Version);
        _prepared = null;
        _isConfirmed = true;
    }

    /// <summary>What is probed: the servers of an active version that the registry doesn't run.</summary>
    private static ServingState? ProbedOf(ModelVersionState? version) =>
        version is { IsActive: true, Serving: { Runtime: null } serving } ? serving : null;
}
