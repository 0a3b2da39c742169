using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Models;

/// <summary>What can happen to a model.</summary>
internal static class ModelEvents
{
    public static EventDraft Created(string name) =>
        EventDraft.Of(EventType.ModelCreated, new NameData(name), ModelEventJson.Default.NameData);

    public static EventDraft Updated(params IReadOnlyList<string> fields) =>
        EventDraft.Of(EventType.ModelUpdated, new FieldsData(fields), ModelEventJson.Default.FieldsData);

    public static EventDraft Deleted() => EventDraft.Of(EventType.ModelDeleted);

    public static EventDraft PrimaryChanged(ModelState before, ModelState after) =>
        EventDraft.Of(
            EventType.PrimaryChanged,
            new PrimaryChangedData(
                before.PrimaryId?.ToString(),
                before.Primary?.Version,
                after.PrimaryId?.ToString(),
                after.Primary?.Version,
                after.Primary?.Reason ?? PrimaryReason.Fallback),
            ModelEventJson.Default.PrimaryChangedData);

    /// <summary>An alias moved, was removed, or its protection changed (rule AL10).</summary>
    public static EventDraft AliasChanged(ModelState model, string name, AliasState? before, AliasState? after) =>
        EventDraft.Of(
            EventType.AliasChanged,
            new AliasChangedData(
                name,
                before?.Target is { } from ? new VersionId(model.Id, from.Ordinal).ToString() : null,
                before?.Target?.Version,
                after?.Target is { } to ? new VersionId(model.Id, to.Ordinal).ToString() : null,
                after?.Target?.Version,
                after?.Reason ?? AliasReason.Removed,
                after?.Protected is true),
            ModelEventJson.Default.AliasChangedData);
}

internal sealed record AliasChangedData(
    string Alias, string? From, string? FromVersion, string? To, string? ToVersion, AliasReason Reason, bool Protected);

internal sealed record PrimaryChangedData(
    string? From, string? FromVersion, string? To, string? ToVersion, PrimaryReason Reason);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StateEnumConverter<PrimaryReason>), typeof(StateEnumConverter<AliasReason>), typeof(InstantConverter)])]
[JsonSerializable(typeof(NameData))]
[JsonSerializable(typeof(FieldsData))]
[JsonSerializable(typeof(PrimaryChangedData))]
[JsonSerializable(typeof(AliasChangedData))]
internal sealed partial class ModelEventJson : JsonSerializerContext;
