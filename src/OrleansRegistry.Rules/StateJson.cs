using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRegistry.Access;
using OrleansRegistry.Billing;
using OrleansRegistry.Models;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.State;

/// <summary>The JSON of every stored row: snake_case, instants in UTC. A golden file for each type holds it still.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [
        typeof(StateEnumConverter<VersionState>),
        typeof(StateEnumConverter<Stage>),
        typeof(StateEnumConverter<ServingStatus>),
        typeof(StateEnumConverter<PrimaryPolicy>),
        typeof(StateEnumConverter<PrimaryReason>),
        typeof(StateEnumConverter<WebhookState>),
        typeof(StateEnumConverter<Role>),
        typeof(InstantConverter),
    ])]
[JsonSerializable(typeof(ModelState))]
[JsonSerializable(typeof(ModelVersionState))]
[JsonSerializable(typeof(ModelNameState))]
[JsonSerializable(typeof(TrafficState))]
[JsonSerializable(typeof(RatesState))]
[JsonSerializable(typeof(StatementView))]
[JsonSerializable(typeof(WebhookRow))]
[JsonSerializable(typeof(ApiKeyState))]
[JsonSerializable(typeof(WorkspaceState))]
[JsonSerializable(typeof(CloudEvent))]
internal sealed partial class StateJson : JsonSerializerContext;

/// <summary>Names of enumerations as the HTTP contract spells them; numbers are refused.</summary>
internal sealed class StateEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>Instants in UTC with milliseconds, so that they sort as text.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
}
