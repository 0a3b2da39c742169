using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>Whether a webhook gets events.</summary>
[GenerateSerializer, Alias("OrleansRegistry.WebhookState")]
public enum WebhookState
{
    /// <summary>Events are delivered.</summary>
    Enabled = 0,

    /// <summary>Nothing is delivered until it is enabled again. It then goes on from where it stopped.</summary>
    Disabled = 1,
}

/// <summary>A webhook: where the events of a workspace are sent to.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.WebhookView")]
public sealed record WebhookView
{
    /// <summary>Its id, of the form of <see cref="ModelId"/>.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The URL that events are posted to.</summary>
    [Id(1)]
    public required string Url { get; init; }

    /// <summary>The types of events that it gets (<see cref="EventType"/>); empty for all.</summary>
    [Id(2)]
    public required ImmutableArray<string> Types { get; init; }

    /// <summary>The only model whose events it gets, or null for all.</summary>
    [Id(3)]
    public string? ModelId { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(4)]
    public string? Description { get; init; }

    /// <summary>Whether it gets events.</summary>
    [Id(5)]
    public required WebhookState State { get; init; }

    /// <summary>The reason why the registry disabled it, or null when it did not.</summary>
    [Id(6)]
    public string? DisabledReason { get; init; }

    /// <summary>It has got all of its events up to this event's id; decimal text.</summary>
    [Id(7)]
    public required string LastEventId { get; init; }

    /// <summary>Since when deliveries have failed, or null when the last one did not.</summary>
    [Id(8)]
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>The instant of the next attempt, or null when nothing failed.</summary>
    [Id(9)]
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>The instant at which it was made.</summary>
    [Id(10)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller who made it.</summary>
    [Id(11)]
    public required string CreatedBy { get; init; }

    /// <summary>The name of the key of who made it, or null for a caller who has none.</summary>
    [Id(13)]
    public string? CreatedByName { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(12)]
    internal ExtensionData? ExtensionData { get; set; }
}

/// <summary>A webhook with a secret that was just drawn. It is shown only this once.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.WebhookSecretView")]
public sealed record WebhookSecretView : IShownSecret
{
    /// <summary>The webhook.</summary>
    [Id(0)]
    public required WebhookView Webhook { get; init; }

    /// <summary>The secret that deliveries are signed with: <c>whsec_</c> and 32 random bytes in base64.</summary>
    [Id(1)]
    public required string Secret { get; init; }

    /// <summary>Until when deliveries are also signed with the secrets before it, or null when there was none.</summary>
    [Id(2)]
    public DateTimeOffset? PreviousSecretExpiresAt { get; init; }
}

/// <summary>One attempt to deliver an event.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeliveryView")]
public sealed record DeliveryView
{
    /// <summary>The event's id.</summary>
    [Id(0)]
    public required string EventId { get; init; }

    /// <summary>The event's type.</summary>
    [Id(1)]
    public required string EventType { get; init; }

    /// <summary>The instant of the attempt.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The time until the answer, in milliseconds.</summary>
    [Id(3)]
    public required long DurationMilliseconds { get; init; }

    /// <summary>The status of the answer, or null when there was none.</summary>
    [Id(4)]
    public int? Status { get; init; }

    /// <summary>The reason why it failed, or null when it did not.</summary>
    [Id(5)]
    public string? Error { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(6)]
    internal ExtensionData? ExtensionData { get; set; }
}

/// <summary>The last attempts of a webhook.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeliveryList")]
public sealed record DeliveryList
{
    /// <summary>Newest first.</summary>
    [Id(0)]
    public required ImmutableArray<DeliveryView> Deliveries { get; init; }
}
