using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// One webhook: where it goes, with which secrets, how far it has come. It reads the log of events behind its cursor,
/// and tells a model's events in order, each until it is taken. Key: <see cref="GrainKeys.Webhook"/>.
/// </summary>
[Alias("OrleansRegistry.IWebhookGrain")]
internal interface IWebhookGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>Makes the webhook, to be told of what happens from now on.</summary>
    [Alias("Create")]
    Task<Outcome<WebhookSecretView>> Create(CreateWebhookCommand command);

    /// <summary>The webhook as it is now.</summary>
    [ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    [Alias("Get")]
    Task<Outcome<WebhookView>> Get();

    /// <summary>Changes what the command names. One that is enabled again is tried at once.</summary>
    [Alias("Patch")]
    Task<Outcome<WebhookView>> Patch(PatchWebhookCommand command);

    /// <summary>Deletes it. Once this has answered, no delivery is begun any more.</summary>
    [Alias("Delete")]
    Task<Outcome<WebhookView>> Delete(WebhookCommand command);

    /// <summary>Draws a new secret. For a day, deliveries are signed with the secrets before it too.</summary>
    [Alias("RotateSecret")]
    Task<Outcome<WebhookSecretView>> RotateSecret(WebhookCommand command);

    /// <summary>
    /// Sets the cursor so that an event and all behind it are delivered, again or for the first time.
    /// </summary>
    [Alias("Redeliver")]
    Task<Outcome<WebhookView>> Redeliver(RedeliverCommand command);

    /// <summary>The last attempts, newest first.</summary>
    [ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    [Alias("ListDeliveries")]
    Task<Outcome<DeliveryList>> ListDeliveries();

    /// <summary>Has it look for events that it has not told yet, if it doesn't do so already.</summary>
    [Alias("Touch")]
    Task Touch();
}

/// <summary>A command that says nothing more.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.WebhookCommand")]
internal sealed record WebhookCommand
{
    /// <summary>The caller and the deadline.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }
}

/// <summary>Makes a webhook.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CreateWebhookCommand")]
internal sealed record CreateWebhookCommand
{
    /// <summary>The caller and the deadline.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The URL that events are posted to.</summary>
    [Id(1)]
    public required string Url { get; init; }

    /// <summary>The types of events; empty for all.</summary>
    [Id(2)]
    public ImmutableArray<string> Types { get; init; } = [];

    /// <summary>The only model, by id, or null for all.</summary>
    [Id(3)]
    public string? ModelId { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(4)]
    public string? Description { get; init; }
}

/// <summary>Changes a webhook; what is not set stays.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PatchWebhookCommand")]
internal sealed record PatchWebhookCommand
{
    /// <summary>The caller and the deadline.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Where events are posted to, or null to leave it.</summary>
    [Id(1)]
    public string? Url { get; init; }

    /// <summary>The types of events, empty for all, or null to leave them.</summary>
    [Id(2)]
    public ImmutableArray<string>? Types { get; init; }

    /// <summary>The only model, by id, or null for all.</summary>
    [Id(3)]
    public Optional<string> ModelId { get; init; }

    /// <summary>Free text, or null to remove it.</summary>
    [Id(4)]
    public Optional<string> Description { get; init; }

    /// <summary>Whether it is told of events, or null to leave it.</summary>
    [Id(5)]
    public WebhookState? State { get; init; }
}

/// <summary>Delivers events again.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RedeliverCommand")]
internal sealed record RedeliverCommand
{
    /// <summary>The caller and the deadline.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The position of the first event to deliver; at least 1.</summary>
    [Id(1)]
    public required long From { get; init; }
}
