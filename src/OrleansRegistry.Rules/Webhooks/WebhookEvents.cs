using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Webhooks;

/// <summary>The events of webhooks.</summary>
internal static class WebhookEvents
{
    public static EventDraft Created(WebhookView webhook) => EventDraft.Of(
        EventType.WebhookCreated,
        new WebhookData(
            webhook.Id, new Uri(webhook.Url).Host, webhook.Types.IsEmpty ? null : webhook.Types, webhook.ModelId),
        WebhookEventJson.Default.WebhookData);

    public static EventDraft Updated(string id, params IReadOnlyList<string> fields) =>
        EventDraft.Of(
            EventType.WebhookUpdated, new WebhookFieldsData(id, fields), WebhookEventJson.Default.WebhookFieldsData);

    public static EventDraft Deleted(string id) =>
        EventDraft.Of(EventType.WebhookDeleted, new IdData(id), WebhookEventJson.Default.IdData);
}

internal sealed record WebhookData(string Id, string Url, IReadOnlyList<string>? Types, string? ModelId);

internal sealed record WebhookFieldsData(string Id, IReadOnlyList<string> Fields);

internal sealed record IdData(string Id);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WebhookData))]
[JsonSerializable(typeof(WebhookFieldsData))]
[JsonSerializable(typeof(IdData))]
internal sealed partial class WebhookEventJson : JsonSerializerContext;
