using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Webhooks;

/// <summary>An event as a CloudEvent 1.0 in JSON: the body of a delivery.</summary>
internal sealed record CloudEvent
{
    // Text is escaped where JSON asks for it, as the API does.
    private static readonly CloudEventJson Json =
        new(new JsonSerializerOptions(CloudEventJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The content type of the body.</summary>
    public const string MediaType = "application/cloudevents+json";

    [JsonPropertyName("specversion")]
    public required string SpecVersion { get; init; }

    public required string Id { get; init; }

    public required string Source { get; init; }

    public required string Type { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public required string? Subject { get; init; }

    public required DateTimeOffset Time { get; init; }

    [JsonPropertyName("datacontenttype")]
    public required string DataContentType { get; init; }

    /// <summary>The event as the API lists it.</summary>
    public required RegistryEvent Data { get; init; }

    /// <summary>The body of an event.</summary>
    public static byte[] Body(RegistryEvent happened) => JsonSerializer.SerializeToUtf8Bytes(
        new CloudEvent
        {
            SpecVersion = "1.0",
            Id = happened.Id,
            Source = $"/v1/workspaces/{happened.Workspace}",
            Type = happened.Type,
            Subject = happened.VersionId ?? happened.ModelId,
            Time = happened.At,
            DataContentType = "application/json",
            Data = happened,
        },
        Json.CloudEvent);
}

/// <summary>The JSON of deliveries.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(CloudEvent))]
internal sealed partial class CloudEventJson : JsonSerializerContext;
