using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Storage.Catalog;

/// <summary>What the catalog reads of a model's stored JSON.</summary>
internal sealed record StoredModel
{
    public required string Workspace { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required PrimaryPolicy PrimaryPolicy { get; init; }

    public bool Protected { get; init; }

    public required string LatestVersion { get; init; }

    public required int NextOrdinal { get; init; }

    public required int VersionCount { get; init; }

    public required IReadOnlyList<StoredActiveVersion> Active { get; init; }

    public StoredPrimary? Primary { get; init; }

    public StoredPending? PendingPrimary { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The model as callers see it.</summary>
    public ModelView ToView(int revision) => new()
    {
        Id = Id,
        Name = Name,
        Description = Description,
        Labels = Labels,
        Primary = Primary is null ? null : new PrimaryView
        {
            VersionId = new VersionId(Id, Primary.Ordinal).ToString(),
            Version = Primary.Version,
            Since = Primary.Since,
            Reason = Primary.Reason,
            By = Primary.By,
        },
        PendingPrimary = PendingPrimary is null ? null : new PendingPrimaryView
        {
            VersionId = new VersionId(Id, PendingPrimary.Ordinal).ToString(),
            Version = PendingPrimary.Version,
        },
        PrimaryPolicy = PrimaryPolicy,
        Protected = Protected,
        LatestVersion = LatestVersion,
        VersionCount = VersionCount,
        ActiveVersionCount = Active.Count,
        CreatedAt = CreatedAt,
        CreatedBy = CreatedBy,
        Revision = revision,
    };
}

/// <summary>An entry of a model's active table.</summary>
internal sealed record StoredActiveVersion
{
    public required int Ordinal { get; init; }

    public required string Version { get; init; }

    public required Stage Stage { get; init; }

    public required ServingStatus Status { get; init; }

    public string? Url { get; init; }
}

/// <summary>A model's pointer.</summary>
internal sealed record StoredPrimary
{
    public required int Ordinal { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required PrimaryReason Reason { get; init; }

    public required string By { get; init; }
}

/// <summary>The version that is about to be primary.</summary>
internal sealed record StoredPending
{
    public required int Ordinal { get; init; }

    public required string Version { get; init; }
}

/// <summary>What the catalog reads of a version's stored JSON.</summary>
internal sealed record StoredVersion
{
    public required string Workspace { get; init; }

    public required string ModelId { get; init; }

    public required string ModelName { get; init; }

    public required int Ordinal { get; init; }

    public required string Version { get; init; }

    public required VersionState State { get; init; }

    public required Stage Stage { get; init; }

    public ServingView? Serving { get; init; }

    public Artifact? Artifact { get; init; }

    public string? InstanceType { get; init; }

    public string? Description { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public string? ExternalId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? PublishedAt { get; init; }

    public DateTimeOffset? ActivatedAt { get; init; }

    public DateTimeOffset? DeactivatedAt { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    public required StoredMeter Meter { get; init; }

    public IdempotencyKey? Idempotency { get; init; }

    [JsonIgnore]
    public bool IsActive => State is VersionState.Draft or VersionState.Published;

    /// <summary>Active and up.</summary>
    [JsonIgnore]
    public bool IsRoutable => IsActive && Serving is null or { Status: ServingStatus.Ready };

    /// <summary>The version as callers see it; one of a deleted model is deleted with it.</summary>
    public VersionView ToView(bool isPrimary, DateTimeOffset? modelDeletedAt, int revision) => new()
    {
        Id = new VersionId(ModelId, Ordinal).ToString(),
        ModelId = ModelId,
        ModelName = ModelName,
        Version = Version,
        State = modelDeletedAt is null ? State : VersionState.Deleted,
        Stage = Stage,
        IsPrimary = isPrimary,
        Serving = Serving,
        Artifact = Artifact,
        InstanceType = InstanceType,
        Description = Description,
        Labels = Labels,
        ExternalId = ExternalId,
        CreatedAt = CreatedAt,
        CreatedBy = CreatedBy,
        PublishedAt = PublishedAt,
        ActivatedAt = ActivatedAt,
        DeactivatedAt = DeactivatedAt,
        DeletedAt = DeletedAt ?? modelDeletedAt,
        Revision = revision,
    };
}

/// <summary>A version's meter.</summary>
internal sealed record StoredMeter
{
    public DateTimeOffset? RunningSince { get; init; }

    public required long DraftMilliseconds { get; init; }

    public required long PublishedMilliseconds { get; init; }
}

/// <summary>What the check reads of a name's stored JSON.</summary>
internal sealed record StoredName
{
    public required string ModelId { get; init; }
}

/// <summary>What the check reads of the stored JSON of a version's traffic.</summary>
internal sealed record StoredTraffic
{
    public required long Invocations { get; init; }

    public required long Errors { get; init; }
}

/// <summary>What the check reads of the stored JSON of rates.</summary>
internal sealed record StoredRates
{
    public required string Currency { get; init; }

    public required IReadOnlyList<Rate> Rates { get; init; }
}

/// <summary>What the catalog reads of the stored JSON of a webhook.</summary>
internal sealed record StoredWebhook
{
    public required WebhookView Webhook { get; init; }
}

/// <summary>What is read of an API key's stored JSON.</summary>
internal sealed record StoredKey
{
    public required ApiKeyView Key { get; init; }

    public required string Hash { get; init; }
}

/// <summary>What is read of a workspace's stored JSON.</summary>
internal sealed record StoredWorkspace
{
    public required WorkspaceView Workspace { get; init; }
}

/// <summary>The stored JSON. Fields that are not read here are the grains' own.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    Converters = [
        typeof(StoredEnumConverter<VersionState>),
        typeof(StoredEnumConverter<Stage>),
        typeof(StoredEnumConverter<ServingStatus>),
        typeof(StoredEnumConverter<Role>),
        typeof(StoredEnumConverter<PrimaryPolicy>),
        typeof(StoredEnumConverter<PrimaryReason>),
        typeof(StoredEnumConverter<WebhookState>),
    ])]
[JsonSerializable(typeof(StoredModel))]
[JsonSerializable(typeof(StoredVersion))]
[JsonSerializable(typeof(StoredName))]
[JsonSerializable(typeof(StoredTraffic))]
[JsonSerializable(typeof(StoredRates))]
[JsonSerializable(typeof(StatementView))]
[JsonSerializable(typeof(StoredWebhook))]
[JsonSerializable(typeof(StoredKey))]
[JsonSerializable(typeof(StoredWorkspace))]
internal sealed partial class StoredJson : JsonSerializerContext
{
    /// <summary>Reads a payload.</summary>
    /// <exception cref="StateCorruptException">It is empty, or not of the shape that was stored.</exception>
    public static T Read<T>(string? payload, string what)
        where T : class
    {
        try
        {
            return payload is null ? throw new StateCorruptException($"The stored state of {what} is empty.")
                : (T?)JsonSerializer.Deserialize(payload, typeof(T), Default) ?? throw new StateCorruptException($"The stored state of {what} is null.");
        }
        catch (JsonException e)
        {
            throw new StateCorruptException($"The stored state of {what} is not readable: {e.Message}", e);
        }
    }
}

/// <summary>Names of enumerations in snake_case.</summary>
internal sealed class StoredEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
