using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Webhooks;

/// <summary>The stored row of a webhook.</summary>
internal sealed record WebhookRow : CommandState
{
    /// <summary>How many attempts are kept.</summary>
    public const int MaxDeliveries = 50;

    /// <summary>How long secrets before the last one are still used.</summary>
    public static readonly TimeSpan KeepSecrets = TimeSpan.FromDays(1);

    private const int MaxSecrets = 3;

    /// <summary>The webhook as callers see it.</summary>
    public required WebhookView Webhook { get; init; }

    /// <summary>All secrets, newest first.</summary>
    public required ImmutableArray<WebhookSecret> Secrets { get; init; }

    /// <summary>The last attempts, newest first.</summary>
    public ImmutableArray<DeliveryView> Deliveries { get; init; } = [];

    /// <summary>How many tries in a row have failed.</summary>
    public int Failures { get; init; }

    /// <summary>When it was deleted, or null.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The row with a new secret in front.</summary>
    public WebhookRow With(string secret, DateTimeOffset now) => this with
    {
        Secrets =
        [
            new WebhookSecret { Value = secret },
            .. Secrets.Where(old => !(old.ExpiresAt <= now)).Take(MaxSecrets - 1).Select(old => old with { ExpiresAt = old.ExpiresAt ?? now + KeepSecrets }),
        ],
    };

    /// <summary>
    /// The row without address, secrets and history. Nothing is told any more. What isn't known may be a secret, too.
    /// </summary>
    public WebhookRow Deleted(DateTimeOffset now) => this with
    {
        Webhook = Webhook with
        {
            Url = "",
            Description = null,
            State = WebhookState.Disabled,
            FailingSince = null,
            NextAttemptAt = null,
            ExtensionData = null,
        },
        Secrets = [],
        Deliveries = [],
        DeletedAt = now,
        ExtensionData = null,
    };

    /// <summary>The row with new attempts, in the order in which they were made.</summary>
    public WebhookRow With(IEnumerable<DeliveryView> attempts) => this with { Deliveries = [.. attempts.Reverse().Concat(Deliveries).Take(MaxDeliveries)] };
}

/// <summary>A secret that deliveries are signed with.</summary>
internal sealed record WebhookSecret
{
    public required string Value { get; init; }

    /// <summary>From when on it is not used any more, or null for the newest.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
