using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>
/// The members of a stored record that this build doesn't know: a newer one has stored them. They are kept as they are,
/// also between silos, and written again with the record. Nothing goes by them, and no caller sees them. Not to be
/// changed once it is read.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "The serializer's own name for it.")]
internal sealed class ExtensionData : Dictionary<string, JsonElement>, IEquatable<ExtensionData>
{
    /// <summary>Members as an object of JSON.</summary>
    public static ExtensionData Parse(string json) =>
        JsonSerializer.Deserialize(json, ExtensionDataJson.Default.ExtensionData)!;

    /// <inheritdoc/>
    public bool Equals(ExtensionData? other) =>
        other is not null && Count == other.Count
        && this.All(
            member => other.TryGetValue(member.Key, out var value) && JsonElement.DeepEquals(member.Value, value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ExtensionData);

    /// <inheritdoc/>
    public override int GetHashCode() => Count;

    /// <summary>The members as an object of JSON.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, ExtensionDataJson.Default.ExtensionData);
}

[JsonSerializable(typeof(ExtensionData))]
internal sealed partial class ExtensionDataJson : JsonSerializerContext;

/// <summary>The form in which it is sent: Orleans knows no elements of JSON.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ExtensionData")]
internal readonly record struct ExtensionDataSurrogate([property: Id(0)] string Json);

/// <summary>Sends it as text.</summary>
[RegisterConverter]
internal sealed class ExtensionDataConverter : IConverter<ExtensionData, ExtensionDataSurrogate>
{
    public ExtensionData ConvertFromSurrogate(in ExtensionDataSurrogate surrogate) =>
        ExtensionData.Parse(surrogate.Json);

    public ExtensionDataSurrogate ConvertToSurrogate(in ExtensionData value) => new(value.ToString());
}
