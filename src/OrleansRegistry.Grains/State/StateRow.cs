using System.Globalization;
using Orleans.Storage;

namespace OrleansRegistry.State;

/// <summary>
/// One stored row, read and written through Orleans' grain storage. A write that fails leaves <see cref="Value"/> as it
/// was last confirmed: nobody ever sees, or builds on, a state that may not be stored.
/// </summary>
/// <typeparam name="T">The type of the state.</typeparam>
/// <param name="storage">The grain storage.</param>
/// <param name="kind">The state name, unique for each type of grain: storage keys rows by it.</param>
/// <param name="grain">The grain that has the row.</param>
internal sealed class StateRow<T>(IGrainStorage storage, string kind, GrainId grain)
    where T : class
{
    private string? _tag;

    /// <summary>The state as last confirmed, or null when there is no row.</summary>
    public T? Value { get; private set; }

    /// <summary>The row's version, raised by each write; 0 when there is no row.</summary>
    public int Version => _tag is null ? 0 : int.Parse(_tag, CultureInfo.InvariantCulture);

    /// <summary>Reads the row.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public async Task Read()
    {
        var row = new GrainState<T>();
        await Guard(() => storage.ReadStateAsync(kind, grain, row), "read");
        (Value, _tag) = row.RecordExists ? (row.State, row.ETag) : (null, null);
    }

    /// <summary>
    /// Writes the row if it still has the version that was read last; <paramref name="kept"/> is then what it holds.
    /// </summary>
    /// <param name="written">The state to write, with everything that the statement stores elsewhere.</param>
    /// <param name="kept">The state that the row holds afterwards.</param>
    /// <exception cref="RegistryUnavailableException">
    /// The write was refused or its outcome is unknown: read the row.
    /// </exception>
    public async Task Write(T written, T kept)
    {
        var row = new GrainState<T>(written, _tag) { RecordExists = _tag is not null };
        await Guard(() => storage.WriteStateAsync(kind, grain, row), "written");
        (Value, _tag) = (kept, row.ETag);
    }

    private async Task Guard(Func<Task> access, string what)
    {
        try
        {
            await access();
        }
        catch (Exception e) when (Corruption(e) is { } corruption)
        {
            throw new StateCorruptException($"The {kind} row of {grain.Key} can't be {what}: {corruption.Message}");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new RegistryUnavailableException($"The {kind} row of {grain.Key} could not be {what}: {e.Message}");
        }
    }

    private static StateCorruptException? Corruption(Exception? e) =>
        e is null or StateCorruptException ? (StateCorruptException?)e : Corruption(e.InnerException);
}
