using Orleans.Storage;

namespace OrleansRegistry.State;

/// <summary>Reads and writes grain state as the JSON of <see cref="StateJson"/>.</summary>
internal sealed class StateSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(StateJson.Write(input));

    public T Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return StateJson.Read<T>(input.ToMemory().Span, "the row");
    }
}
