namespace OrleansRegistry;

/// <summary>The types of <see cref="RegistryEvent"/>.</summary>
public static class EventType
{
    /// <summary>The first version was deployed under a new name.</summary>
    public const string ModelCreated = "model.created";

    /// <summary>Description, labels or policy changed.</summary>
    public const string ModelUpdated = "model.updated";

    /// <summary>The model is gone, with all its versions.</summary>
    public const string ModelDeleted = "model.deleted";

    /// <summary>A version was made.</summary>
    public const string VersionDeployed = "version.deployed";

    /// <summary>A draft was published, or a version was deployed published.</summary>
    public const string VersionPublished = "version.published";

    /// <summary>The health URL or the process answered: the version is up.</summary>
    public const string VersionReady = "version.ready";

    /// <summary>The start took longer than it may, can't be, or the process died too often.</summary>
    public const string VersionFailed = "version.failed";

    /// <summary>The process of a version died (rule X2).</summary>
    public const string VersionCrashed = "version.crashed";

    /// <summary>A version left routing.</summary>
    public const string VersionDeactivated = "version.deactivated";

    /// <summary>A version came back, or a failed one was started again.</summary>
    public const string VersionActivated = "version.activated";

    /// <summary>Description or labels changed.</summary>
    public const string VersionUpdated = "version.updated";

    /// <summary>The servers of a version were replaced, or one of them came up.</summary>
    public const string VersionServersChanged = "version.servers_changed";

    /// <summary>None of a version's servers answers (rule HV3).</summary>
    public const string VersionUnhealthy = "version.unhealthy";

    /// <summary>A version that was unhealthy answers again.</summary>
    public const string VersionHealthy = "version.healthy";

    /// <summary>A version is gone for ever.</summary>
    public const string VersionDeleted = "version.deleted";

    /// <summary>The primary pointer moved.</summary>
    public const string PrimaryChanged = "primary.changed";

    /// <summary>An alias moved, was removed, or its protection changed.</summary>
    public const string AliasChanged = "alias.changed";

    /// <summary>An interval of active time ended.</summary>
    public const string UsageRecorded = "usage.recorded";

    /// <summary>A workspace was made.</summary>
    public const string WorkspaceCreated = "workspace.created";

    /// <summary>An API key was made.</summary>
    public const string ApiKeyCreated = "api_key.created";

    /// <summary>Another API key took the place of one, which ends.</summary>
    public const string ApiKeyRotated = "api_key.rotated";

    /// <summary>An API key was revoked.</summary>
    public const string ApiKeyRevoked = "api_key.revoked";

    /// <summary>The workspace's rates were replaced.</summary>
    public const string RatesUpdated = "rates.updated";

    /// <summary>A month was closed.</summary>
    public const string MonthClosed = "month.closed";

    /// <summary>A webhook was made.</summary>
    public const string WebhookCreated = "webhook.created";

    /// <summary>A webhook, or its secret, was changed.</summary>
    public const string WebhookUpdated = "webhook.updated";

    /// <summary>A webhook was deleted.</summary>
    public const string WebhookDeleted = "webhook.deleted";

    /// <summary>An artifact was made.</summary>
    public const string ArtifactCreated = "artifact.created";

    /// <summary>An artifact that no version was deployed with any more is gone.</summary>
    public const string ArtifactRemoved = "artifact.removed";

    /// <summary>An operator has said that the clock of the node is right, although it is behind what is stored.</summary>
    public const string ClockAccepted = "clock.accepted";

    /// <summary>The types of the events of models and versions.</summary>
    public static IReadOnlyList<string> OfModels { get; } =
    [
        ModelCreated, ModelUpdated, ModelDeleted, VersionDeployed, VersionPublished, VersionReady, VersionFailed, VersionCrashed,
        VersionDeactivated, VersionActivated, VersionUpdated, VersionServersChanged, VersionUnhealthy, VersionHealthy, VersionDeleted,
        PrimaryChanged, AliasChanged, UsageRecorded,
    ];

    /// <summary>All types: those of models, and those of the workspace.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. OfModels, WorkspaceCreated, ApiKeyCreated, ApiKeyRotated, ApiKeyRevoked, RatesUpdated, MonthClosed, WebhookCreated,
        WebhookUpdated, WebhookDeleted, ArtifactCreated, ArtifactRemoved, ClockAccepted,
    ];
}
