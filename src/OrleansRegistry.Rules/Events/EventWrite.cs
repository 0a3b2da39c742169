using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRegistry.Versions;

namespace OrleansRegistry.State;

/// <summary>A version's row that a model's write stores in the same statement.</summary>
internal sealed record VersionWrite
{
    /// <summary>The key of the version's grain.</summary>
    public required string Key { get; init; }

    /// <summary>The version the row must have, or null when there must be no row.</summary>
    public int? Expect { get; init; }

    public required ModelVersionState State { get; init; }
}

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
