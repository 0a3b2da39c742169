using Orleans.Storage;

namespace OrleansRegistry.Testing;

/// <summary>The real grain storage, with faults where a test wants them: what a broken network or a crash does around a statement.</summary>
public sealed class FaultyStorage(IGrainStorage inner) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Runs before a write of a row of this kind; what it throws keeps the write from being made.</summary>
    public Func<string, Task>? BeforeWrite { get; set; }

    /// <summary>Runs after a write has been stored; what it throws is an answer that was lost.</summary>
    public Func<string, Task>? AfterWrite { get; set; }

    /// <summary>Runs before a read; what it throws keeps the row from being read.</summary>
    public Func<string, Task>? BeforeRead { get; set; }

    /// <summary>How many writes were begun.</summary>
    public int Writes { get; private set; }

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => ((ILifecycleParticipant<ISiloLifecycle>)inner).Participate(lifecycle);

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await (BeforeRead?.Invoke(stateName) ?? Task.CompletedTask);
        await inner.ReadStateAsync(stateName, grainId, grainState);
    }

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        Writes++;
        await (BeforeWrite?.Invoke(stateName) ?? Task.CompletedTask);
        await inner.WriteStateAsync(stateName, grainId, grainState);
        await (AfterWrite?.Invoke(stateName) ?? Task.CompletedTask);
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        inner.ClearStateAsync(stateName, grainId, grainState);
}
