using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRegistry.Access;
using OrleansRegistry.Billing;
using OrleansRegistry.Events;
using OrleansRegistry.Models;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry;

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
internal sealed partial class StateJson : JsonSerializerContext
{
    /// <summary>A state as it is stored, in UTF-8.</summary>
    public static byte[] Write<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, typeof(T), Default);

    /// <summary>A state as it was stored. What can't be read is an error, never a new state.</summary>
    /// <param name="json">In UTF-8.</param>
    /// <param name="what">How errors name it.</param>
    /// <exception cref="StateCorruptException">It is null, or not of the shape that was stored.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string what)
    {
        try
        {
            return (T?)JsonSerializer.Deserialize(json, typeof(T), Default) ?? throw new StateCorruptException($"The stored state of {what} is null.");
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
}
