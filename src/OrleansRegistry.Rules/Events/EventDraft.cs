using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRegistry.Versions;

namespace OrleansRegistry.State;

/// <summary>An event as the rules make it: the command adds who, when and where.</summary>
/// <param name="Type">One of <see cref="EventType"/>.</param>
/// <param name="Data">An object, as JSON text.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.EventDraft")]
internal readonly record struct EventDraft([property: Id(0)] string Type, [property: Id(1)] string Data)
{
    private const string Nothing = "{}";

    /// <summary>The event of a row that is no model's.</summary>
    /// <param name="command">Who.</param>
    /// <param name="at">When.</param>
    /// <param name="workspace">Where, or null for the row's own workspace.</param>
    public EventWrite By(CommandContext command, DateTimeOffset at, string? workspace = null) =>
        new() { Type = Type, At = at, Actor = command.Actor, Data = Data, Workspace = workspace };

    public static EventDraft ModelCreated(string name) => Of(EventType.ModelCreated, new NameData(name));

    public static EventDraft ModelUpdated(params IReadOnlyList<string> fields) => Of(EventType.ModelUpdated, new FieldsData(fields));

    public static EventDraft ModelDeleted() => new(EventType.ModelDeleted, Nothing);

    public static EventDraft Deployed(ModelVersionState version) =>
        Of(EventType.VersionDeployed, new DeployedData(version.Version, Stage.Draft, version.Serving?.Status));

    public static EventDraft Published() => new(EventType.VersionPublished, Nothing);

    public static EventDraft Ready() => new(EventType.VersionReady, Nothing);

    public static EventDraft Failed(string? message) => Of(EventType.VersionFailed, new FailedData(message));

    public static EventDraft Deactivated() => new(EventType.VersionDeactivated, Nothing);

    public static EventDraft Activated(ModelVersionState version) =>
        Of(EventType.VersionActivated, new ActivatedData(version.Stage, version.Serving?.Status));

    public static EventDraft Updated(params IReadOnlyList<string> fields) => Of(EventType.VersionUpdated, new FieldsData(fields));

    public static EventDraft Deleted() => new(EventType.VersionDeleted, Nothing);

    public static EventDraft PrimaryChanged(string? from, string? to, PrimaryReason reason) =>
        Of(EventType.PrimaryChanged, new PrimaryChangedData(from, to, reason));

    public static EventDraft Usage(UsageInterval interval) => Of(EventType.UsageRecorded, interval);

    public static EventDraft WorkspaceCreated(string name) => Of(EventType.WorkspaceCreated, new NameData(name));

    public static EventDraft ApiKeyCreated(ApiKeyView key) =>
        Of(EventType.ApiKeyCreated, new ApiKeyData(key.Prefix, key.Name, key.Role, key.ModelIds.IsEmpty ? null : key.ModelIds, key.ExpiresAt));

    public static EventDraft ApiKeyRotated(ApiKeyView key, string replacedBy) =>
        Of(EventType.ApiKeyRotated, new ApiKeyRotatedData(key.Prefix, replacedBy, key.ExpiresAt));

    public static EventDraft ApiKeyRevoked(ApiKeyView key) => Of(EventType.ApiKeyRevoked, new PrefixData(key.Prefix));

    public static EventDraft RatesUpdated(string currency, IReadOnlyList<Rate> rates) => Of(EventType.RatesUpdated, new RatesData(currency, rates));

    public static EventDraft WebhookCreated(WebhookView webhook) =>
        Of(EventType.WebhookCreated, new WebhookData(webhook.Id, new Uri(webhook.Url).Host, webhook.Types.IsEmpty ? null : webhook.Types, webhook.ModelId));

    public static EventDraft WebhookUpdated(string id, params IReadOnlyList<string> fields) => Of(EventType.WebhookUpdated, new WebhookFieldsData(id, fields));

    public static EventDraft WebhookDeleted(string id) => Of(EventType.WebhookDeleted, new IdData(id));

    private static EventDraft Of<T>(string type, T data) => new(type, JsonSerializer.Serialize(data, typeof(T), EventJson.Default));
}

internal sealed record NameData(string Name);

internal sealed record FieldsData(IReadOnlyList<string> Fields);

internal sealed record DeployedData(string Version, Stage Stage, ServingStatus? Serving);

internal sealed record ActivatedData(Stage Stage, ServingStatus? Serving);

internal sealed record FailedData(string? Message);

internal sealed record PrimaryChangedData(string? From, string? To, PrimaryReason Reason);

internal sealed record ApiKeyData(string Prefix, string Name, Role Role, IReadOnlyList<string>? Models, DateTimeOffset? ExpiresAt);

internal sealed record ApiKeyRotatedData(string Prefix, string ReplacedBy, DateTimeOffset? ExpiresAt);

internal sealed record PrefixData(string Prefix);

internal sealed record RatesData(string Currency, IReadOnlyList<Rate> Rates);

internal sealed record WebhookData(string Id, string Url, IReadOnlyList<string>? Types, string? ModelId);

internal sealed record WebhookFieldsData(string Id, IReadOnlyList<string> Fields);

internal sealed record IdData(string Id);

/// <summary>The JSON of what each type of event adds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [
        typeof(StateEnumConverter<Stage>),
        typeof(StateEnumConverter<ServingStatus>),
        typeof(StateEnumConverter<PrimaryReason>),
        typeof(StateEnumConverter<Role>),
        typeof(InstantConverter),
    ])]
[JsonSerializable(typeof(NameData))]
[JsonSerializable(typeof(FieldsData))]
[JsonSerializable(typeof(DeployedData))]
[JsonSerializable(typeof(ActivatedData))]
[JsonSerializable(typeof(FailedData))]
[JsonSerializable(typeof(PrimaryChangedData))]
[JsonSerializable(typeof(UsageInterval))]
[JsonSerializable(typeof(ApiKeyData))]
[JsonSerializable(typeof(ApiKeyRotatedData))]
[JsonSerializable(typeof(PrefixData))]
[JsonSerializable(typeof(RatesData))]
[JsonSerializable(typeof(WebhookData))]
[JsonSerializable(typeof(WebhookFieldsData))]
[JsonSerializable(typeof(IdData))]
internal sealed partial class EventJson : JsonSerializerContext;
