using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>Makes a webhook.</summary>
public sealed class CreateWebhookRequest : IRequestBody
{
    /// <summary>Where events are posted to: an http or https URL without user information.</summary>
    [JsonRequired]
    public string Url { get; set; } = "";

    /// <summary>The types of events it is told of; left out or empty for all.</summary>
    public IReadOnlyList<string>? Types { get; set; }

    /// <summary>The only model it is told of, by id or name; left out or null for all.</summary>
    public string? Model { get; set; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }
}

/// <summary>Changes a webhook by JSON merge patch (RFC 7396): a field left out stays, null removes.</summary>
public sealed class PatchWebhookRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsMergePatch => true;

    /// <summary>Where events are posted to.</summary>
    public string Url { get; set; } = "";

    /// <summary>The types of events it is told of; empty or null for all.</summary>
    public IReadOnlyList<string>? Types { get; set; }

    /// <summary>The only model it is told of, by id or name; null for all.</summary>
    public string? Model { get; set; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Whether it is told of events. One that is enabled again goes on where it stopped.</summary>
    public WebhookState State { get; set; }
}
