using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Events;

/// <summary>An event that a row's write stores in the same statement.</summary>
internal sealed record EventWrite
{
    /// <summary>The workspace it is in, or null for that of the row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Workspace { get; init; }

    public required string Type { get; init; }

    public required DateTimeOffset At { get; init; }

    public string? VersionId { get; init; }

    public required string Actor { get; init; }

    /// <summary>The name of the actor's key, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ActorName { get; init; }

    /// <summary>Why, in the actor's own words, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <summary>An object, as JSON text.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public required string Data { get; init; }
}

/// <summary>Writes a text that is JSON already as what it says.</summary>
internal sealed class RawJsonConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.GetRawText();
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteRawValue(value);
}
