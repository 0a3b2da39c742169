namespace OrleansRegistry;

/// <summary>A version as callers see it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.VersionView")]
public sealed record VersionView
{
    /// <summary>The version's id, see <see cref="VersionId"/>.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The id of its model.</summary>
    [Id(1)]
    public required string ModelId { get; init; }

    /// <summary>The name of its model.</summary>
    [Id(2)]
    public required string ModelName { get; init; }

    /// <summary>The number: a semantic version, unique in the model.</summary>
    [Id(3)]
    public required string Version { get; init; }

    /// <summary>The state; every version of a deleted model is deleted.</summary>
    [Id(4)]
    public VersionState State { get; init; }

    /// <summary>The stage it runs on, or ran on last.</summary>
    [Id(5)]
    public Stage Stage { get; init; }

    /// <summary>Whether it answers calls that name no version.</summary>
    [Id(6)]
    public bool IsPrimary { get; init; }

    /// <summary>Its serving, or null for a version that is only registered.</summary>
    [Id(7)]
    public ServingView? Serving { get; init; }

    /// <summary>The artifact that was deployed, or null.</summary>
    [Id(8)]
    public Artifact? Artifact { get; init; }

    /// <summary>The instance type that it runs on, for billing, or null.</summary>
    [Id(9)]
    public string? InstanceType { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(10)]
    public string? Description { get; init; }

    /// <summary>Labels by key.</summary>
    [Id(11)]
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The deployer's own id for it, or null.</summary>
    [Id(12)]
    public string? ExternalId { get; init; }

    /// <summary>The instant of its deployment.</summary>
    [Id(13)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller who deployed it.</summary>
    [Id(14)]
    public required string CreatedBy { get; init; }

    /// <summary>The instant of its publication, or null.</summary>
    [Id(15)]
    public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>The instant at which it last became active: deployed or activated.</summary>
    [Id(16)]
    public DateTimeOffset? ActivatedAt { get; init; }

    /// <summary>The instant of its last deactivation, or null.</summary>
    [Id(17)]
    public DateTimeOffset? DeactivatedAt { get; init; }

    /// <summary>The instant at which it or its model was deleted, or null.</summary>
    [Id(18)]
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Raised by every change of this version's own row; a move of the pointer does not raise it.</summary>
    [Id(19)]
    public int Revision { get; init; }

    /// <summary>The name of the deployer's key, or null for a caller who has none.</summary>
    [Id(20)]
    public string? CreatedByName { get; init; }

    /// <summary>The entity tag that <c>If-Match</c> takes: the version's header <c>ETag</c>.</summary>
    public string Etag => EntityTag.OfVersion(Revision, IsPrimary);

    /// <summary>
    /// In the answer of a dry run: the artifact that <c>artifact.digest</c> names isn't in the workspace. A deployment
    /// would be refused with <c>artifact_not_found</c>.
    /// </summary>
    [Id(21)]
    public bool ArtifactMissing { get; init; }

    /// <summary>How the registry runs it, or null for a version that it doesn't run.</summary>
    [Id(22)]
    public RuntimeSpec? Runtime { get; init; }
}

/// <summary>The serving of a version: where it answers, and whether it is up.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServingView")]
public sealed record ServingView
{
    /// <summary>Base address of the model's server. Empty for a version that the registry runs.</summary>
    [Id(0)]
    public required string Url { get; init; }

    /// <summary>The address that answers 2xx once the version is up, or null.</summary>
    [Id(1)]
    public string? HealthUrl { get; init; }

    /// <summary>The longest time of a start, in seconds.</summary>
    [Id(2)]
    public int StartupTimeoutSeconds { get; init; }

    /// <summary>Whether it is up.</summary>
    [Id(3)]
    public ServingStatus Status { get; init; }

    /// <summary>Since when it has that status.</summary>
    [Id(4)]
    public DateTimeOffset Since { get; init; }

    /// <summary>The reason why the last start failed or the last process died, or null.</summary>
    [Id(5)]
    public string? Message { get; init; }

    /// <summary>The name by which the server knows its model, or null where that is the caller's.</summary>
    [Id(6)]
    public string? ServedName { get; init; }

    /// <summary>Paths below <c>/openai/v1</c> that lead to the server besides OpenAI's own, or null for none.</summary>
    [Id(7)]
    public IReadOnlyList<string>? OpenaiPaths { get; init; }

    /// <summary>Its servers, at least one; null for a version that the registry runs.</summary>
    [Id(8)]
    public IReadOnlyList<ServerView>? Servers { get; init; }

    /// <summary>How many servers must be up before the version is ready; all, of a list that has fewer.</summary>
    [Id(9)]
    public int MinReady { get; init; } = 1;

    /// <summary>Whether a call may be made twice, as its deployer says.</summary>
    [Id(10)]
    public bool Repeatable { get; init; }

    /// <summary>Seconds between two health probes of a server once it is ready; 0 for none.</summary>
    [Id(11)]
    public int ProbeSeconds { get; init; }

    /// <summary>
    /// Whether it answers; null while nobody asks. A list of versions says <c>unhealthy</c> or null.
    /// </summary>
    [Id(12)]
    public VersionHealth? Health { get; init; }
}

/// <summary>One server of a version, and whether it is up.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServerView")]
public sealed record ServerView
{
    /// <summary>Its base address.</summary>
    [Id(0)]
    public required string Url { get; init; }

    /// <summary>The address that answers 2xx once it is up, or null.</summary>
    [Id(1)]
    public string? HealthUrl { get; init; }

    /// <summary>Whether it is up; null while the version is inactive or deleted, when nobody asks it.</summary>
    [Id(2)]
    public ServerStatus? State { get; init; }

    /// <summary>Since when that is so.</summary>
    [Id(3)]
    public DateTimeOffset Since { get; init; }
}
