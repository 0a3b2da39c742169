using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Events;

/// <summary>Names of enumerations as the HTTP contract spells them; numbers are refused.</summary>
internal sealed class StateEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Instants in UTC with milliseconds, so that they sort as text.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToInstantText());
}
