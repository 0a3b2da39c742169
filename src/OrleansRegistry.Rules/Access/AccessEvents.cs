using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Access;

/// <summary>The events of workspaces and API keys.</summary>
internal static class AccessEvents
{
    public static EventDraft WorkspaceCreated(string name) =>
        EventDraft.Of(EventType.WorkspaceCreated, new NameData(name), AccessEventJson.Default.NameData);

    public static EventDraft ApiKeyCreated(ApiKeyView key) => EventDraft.Of(
        EventType.ApiKeyCreated,
        new ApiKeyData(key.Prefix, key.Name, key.Role, key.ModelIds.IsEmpty ? null : key.ModelIds, key.ExpiresAt),
        AccessEventJson.Default.ApiKeyData);

    public static EventDraft ApiKeyRotated(ApiKeyView key, string replacedBy) => EventDraft.Of(
        EventType.ApiKeyRotated,
        new ApiKeyRotatedData(key.Prefix, replacedBy, key.ExpiresAt),
        AccessEventJson.Default.ApiKeyRotatedData);

    public static EventDraft ApiKeyRevoked(ApiKeyView key) =>
        EventDraft.Of(EventType.ApiKeyRevoked, new PrefixData(key.Prefix), AccessEventJson.Default.PrefixData);
}

internal sealed record ApiKeyData(
    string Prefix, string Name, Role Role, IReadOnlyList<string>? Models, DateTimeOffset? ExpiresAt);

internal sealed record ApiKeyRotatedData(string Prefix, string ReplacedBy, DateTimeOffset? ExpiresAt);

internal sealed record PrefixData(string Prefix);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StateEnumConverter<Role>), typeof(InstantConverter)])]
[JsonSerializable(typeof(NameData))]
[JsonSerializable(typeof(ApiKeyData))]
[JsonSerializable(typeof(ApiKeyRotatedData))]
[JsonSerializable(typeof(PrefixData))]
internal sealed partial class AccessEventJson : JsonSerializerContext;
