using System.Text.Json;
using Orleans.Storage;

namespace OrleansRegistry.State;

/// <summary>Reads and writes grain state as the JSON of <see cref="StateJson"/>. What can't be read is an error, never a new state.</summary>
internal sealed class StateSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, typeof(T), StateJson.Default));

    public T Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            return (T?)JsonSerializer.Deserialize(input.ToMemory().Span, typeof(T), StateJson.Default)
                ?? throw new StateCorruptException("The stored state is null.");
        }
        catch (JsonException e)
        {
            throw new StateCorruptException($"The stored state is not readable: {e.Message}", e);
        }
    }
}
