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

    private static EventDraft Of<T>(string type, T data) => new(type, JsonSerializer.Serialize(data, typeof(T), EventJson.Default));
}

internal sealed record NameData(string Name);

internal sealed record FieldsData(IReadOnlyList<string> Fields);

internal sealed record DeployedData(string Version, Stage Stage, ServingStatus? Serving);

internal sealed record ActivatedData(Stage Stage, ServingStatus? Serving);

internal sealed record FailedData(string? Message);

internal sealed record PrimaryChangedData(string? From, string? To, PrimaryReason Reason);

/// <summary>The JSON of what each type of event adds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [
        typeof(StateEnumConverter<Stage>),
        typeof(StateEnumConverter<ServingStatus>),
        typeof(StateEnumConverter<PrimaryReason>),
        typeof(InstantConverter),
    ])]
[JsonSerializable(typeof(NameData))]
[JsonSerializable(typeof(FieldsData))]
[JsonSerializable(typeof(DeployedData))]
[JsonSerializable(typeof(ActivatedData))]
[JsonSerializable(typeof(FailedData))]
[JsonSerializable(typeof(PrimaryChangedData))]
[JsonSerializable(typeof(UsageInterval))]
internal sealed partial class EventJson : JsonSerializerContext;
