using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Events;
using OrleansRegistry.Models;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry;

/// <summary>
/// The JSON of every stored row: snake_case, instants in UTC. A golden file for each type holds it still.
/// </summary>
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
        typeof(StateEnumConverter<OnUnhealthy>),
        typeof(StateEnumConverter<AliasReason>),
        typeof(StateEnumConverter<WebhookState>),
        typeof(StateEnumConverter<Role>),
        typeof(StateEnumConverter<ArtifactFormat>),
        typeof(InstantConverter),
    ])]
[JsonSerializable(typeof(ModelState))]
[JsonSerializable(typeof(ModelVersionState))]
[JsonSerializable(typeof(ModelNameState))]
[JsonSerializable(typeof(TrafficState))]
[JsonSerializable(typeof(RatesState))]
[JsonSerializable(typeof(StatementState))]
[JsonSerializable(typeof(ImmutableArray<StatementLine>))]
[JsonSerializable(typeof(WebhookRow))]
[JsonSerializable(typeof(ApiKeyState))]
[JsonSerializable(typeof(WorkspaceState))]
[JsonSerializable(typeof(SessionState))]
[JsonSerializable(typeof(ArtifactState))]
[JsonSerializable(typeof(ImmutableArray<string>))]
[JsonSerializable(typeof(ExtensionData))]
internal sealed partial class StateJson : JsonSerializerContext
{
    /// <summary>A state as it is stored, in UTF-8.</summary>
    public static byte[] Write<T>(T state) =>
        JsonSerializer.SerializeToUtf8Bytes(state, Stored.Options.GetTypeInfo(typeof(T)));

    /// <summary>A state as it was stored. What can't be read is an error, never a new state.</summary>
    /// <param name="json">In UTF-8.</param>
    /// <param name="what">How errors name it.</param>
    /// <exception cref="StateCorruptException">It is null, or not of the shape that was stored.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string what)
    {
        try
        {
            return (T?)JsonSerializer.Deserialize(json, Stored.Options.GetTypeInfo(typeof(T)))
                ?? throw new StateCorruptException($"The stored state of {what} is null.");
        }
        catch (JsonException e)
        {
            throw new StateCorruptException($"The stored state of {what} is not readable: {e.Message}", e);
        }
    }

    /// <summary>A state as it was stored; null for a row that is empty.</summary>
    /// <exception cref="StateCorruptException">It is empty, null, or not of the shape that was stored.</exception>
    public static T Read<T>(string? json, string what) => json is null
        ? throw new StateCorruptException($"The stored state of {what} is empty.")
        : Read<T>(Encoding.UTF8.GetBytes(json), what);

    /// <summary>Some records are stored as callers see them: of those only this JSON shows what isn't known.</summary>
    private static void KeepExtensionData(JsonTypeInfo type)
    {
        Keep<ApiKeyView>(type, view => view.ExtensionData, (view, data) => view.ExtensionData = data);
        Keep<Artifact>(type, artifact => artifact.ExtensionData, (artifact, data) => artifact.ExtensionData = data);
        Keep<ArtifactRequirements>(type, requires => requires.ExtensionData, (requires, data) => requires.ExtensionData = data);
        Keep<DeliveryView>(type, view => view.ExtensionData, (view, data) => view.ExtensionData = data);
        Keep<Rate>(type, rate => rate.ExtensionData, (rate, data) => rate.ExtensionData = data);
        Keep<WebhookView>(type, view => view.ExtensionData, (view, data) => view.ExtensionData = data);
        Keep<WorkspaceView>(type, view => view.ExtensionData, (view, data) => view.ExtensionData = data);
    }

    private static void Keep<T>(JsonTypeInfo type, Func<T, ExtensionData?> get, Action<T, ExtensionData?> set)
    {
        if (type.Type != typeof(T))
        {
            return;
        }

        var property = type.CreateJsonPropertyInfo(typeof(ExtensionData), nameof(ExtensionData));
        property.IsExtensionData = true;
        property.Get = record => get((T)record);
        property.Set = (record, data) => set((T)record, (ExtensionData?)data);
        type.Properties.Add(property);
    }

    /// <summary>The options of <see cref="Default"/>, made after it, with one thing more.</summary>
    private static class Stored
    {
        public static readonly JsonSerializerOptions Options =
            new(Default.Options) { TypeInfoResolver = Default.WithAddedModifier(KeepExtensionData) };
    }
}
