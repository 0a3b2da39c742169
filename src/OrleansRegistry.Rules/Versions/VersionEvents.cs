using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Versions;

/// <summary>The events of a version.</summary>
internal static class VersionEvents
{
    public static EventDraft Deployed(ModelVersionState version) => EventDraft.Of(
        EventType.VersionDeployed,
        new DeployedData(version.Version, Stage.Draft, version.Serving?.Status),
        VersionEventJson.Default.DeployedData);

    public static EventDraft Published() => EventDraft.Of(EventType.VersionPublished);

    public static EventDraft Ready() => EventDraft.Of(EventType.VersionReady);

    public static EventDraft Failed(ServingResult result) => EventDraft.Of(
        EventType.VersionFailed,
        new FailedData(result.Message, result.Probes, result.LastStatus, result.Seconds),
        VersionEventJson.Default.FailedData);

    public static EventDraft Crashed(ProcessDeath death) => EventDraft.Of(
        EventType.VersionCrashed,
        new CrashedData(
            death.Message, death.ExitCode, death.Signal, death.OutOfMemory, death.UptimeMilliseconds is { } uptime ? uptime / 1000 : null),
        VersionEventJson.Default.CrashedData);

    public static EventDraft Deactivated() => EventDraft.Of(EventType.VersionDeactivated);

    public static EventDraft Activated(ModelVersionState version) => EventDraft.Of(
        EventType.VersionActivated,
        new ActivatedData(version.Stage, version.Serving?.Status),
        VersionEventJson.Default.ActivatedData);

    public static EventDraft Updated(params IReadOnlyList<string> fields) =>
        EventDraft.Of(EventType.VersionUpdated, new FieldsData(fields), VersionEventJson.Default.FieldsData);

    public static EventDraft ServersChanged(int servers, int up) => EventDraft.Of(
        EventType.VersionServersChanged, new ServersData(servers, up), VersionEventJson.Default.ServersData);

    public static EventDraft Unhealthy(UnhealthyBecause because) =>
        EventDraft.Of(EventType.VersionUnhealthy, new UnhealthyData(because), VersionEventJson.Default.UnhealthyData);

    public static EventDraft Healthy(TimeSpan unhealthy) =>
        EventDraft.Of(EventType.VersionHealthy, new HealthyData((long)unhealthy.TotalSeconds), VersionEventJson.Default.HealthyData);

    public static EventDraft Deleted() => EventDraft.Of(EventType.VersionDeleted);

    public static EventDraft Usage(UsageInterval interval) =>
        EventDraft.Of(EventType.UsageRecorded, interval, VersionEventJson.Default.UsageInterval);
}

internal sealed record DeployedData(string Version, Stage Stage, ServingStatus? Serving);

internal sealed record ActivatedData(Stage Stage, ServingStatus? Serving);

internal sealed record ServersData(int Servers, int Up);

internal sealed record UnhealthyData(UnhealthyBecause Reason);

internal sealed record HealthyData(long UnhealthySeconds);

internal sealed record FailedData(string? Message, int? Attempts, int? LastStatus, long? Seconds);

internal sealed record CrashedData(string Message, int? ExitCode, int? Signal, bool OutOfMemory, long? UptimeSeconds);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters =
    [
        typeof(StateEnumConverter<Stage>), typeof(StateEnumConverter<ServingStatus>), typeof(StateEnumConverter<UnhealthyBecause>),
        typeof(InstantConverter),
    ])]
[JsonSerializable(typeof(DeployedData))]
[JsonSerializable(typeof(ActivatedData))]
[JsonSerializable(typeof(ServersData))]
[JsonSerializable(typeof(UnhealthyData))]
[JsonSerializable(typeof(HealthyData))]
[JsonSerializable(typeof(FailedData))]
[JsonSerializable(typeof(CrashedData))]
[JsonSerializable(typeof(FieldsData))]
[JsonSerializable(typeof(UsageInterval))]
internal sealed partial class VersionEventJson : JsonSerializerContext;
