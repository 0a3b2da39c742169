using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>
/// What a version's row stores. Its model's grain writes the row; the version's grain says what to write.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ModelVersionState")]
internal sealed record ModelVersionState
{
    [Id(0)]
    public required string Workspace { get; init; }

    [Id(1)]
    public required string ModelId { get; init; }

    [Id(2)]
    public required string ModelName { get; init; }

    [Id(3)]
    public required int Ordinal { get; init; }

    [Id(4)]
    public required string Version { get; init; }

    [Id(5)]
    [JsonRequired]
    public VersionState State { get; init; }

    /// <summary>The stage it runs on, or comes back to.</summary>
    [Id(6)]
    [JsonRequired]
    public Stage Stage { get; init; }

    /// <summary>Where it answers and whether it is up; null for a version that is only registered.</summary>
    [Id(7)]
    public ServingState? Serving { get; init; }

    [Id(8)]
    public Artifact? Artifact { get; init; }

    [Id(9)]
    public string? InstanceType { get; init; }

    [Id(10)]
    public string? Description { get; init; }

    [Id(11)]
    [JsonRequired]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = LabelSet.None;

    [Id(12)]
    public string? ExternalId { get; init; }

    [Id(13)]
    [JsonRequired]
    public DateTimeOffset CreatedAt { get; init; }

    [Id(14)]
    public required string CreatedBy { get; init; }

    [Id(15)]
    public DateTimeOffset? PublishedAt { get; init; }

    [Id(16)]
    public DateTimeOffset? ActivatedAt { get; init; }

    [Id(17)]
    public DateTimeOffset? DeactivatedAt { get; init; }

    [Id(18)]
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Active time so far, and the interval that is running.</summary>
    [Id(19)]
    [JsonRequired]
    public Meter Meter { get; init; } = new();

    /// <summary>
    /// While inactive: its entry in the model's active table, as it left, and comes back with (rule P4).
    /// </summary>
    [Id(20)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ActiveVersion? Entry { get; init; }

    /// <summary>It had the model's highest number when it was deployed (rule P1).</summary>
    [Id(21)]
    public bool WasHighest { get; init; }

    [Id(22)]
    public IdempotencyKey? Idempotency { get; init; }

    /// <summary>The name of the deployer's key, or null.</summary>
    [Id(24)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CreatedByName { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(23)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    [JsonIgnore]
    public VersionId Id => new(ModelId, Ordinal);

    [JsonIgnore]
    public bool IsActive => State.IsActive();

    [JsonIgnore]
    public bool IsRoutable => IsActive && (Serving is null || Serving.Status.IsRoutable());

    /// <summary>Whether its time counts (rules B1 and B2).</summary>
    [JsonIgnore]
    public bool IsBilled => IsActive && (Serving is null || Serving.Status.IsUp());
}

/// <summary>Where a version answers and whether it is up.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServingState")]
internal sealed record ServingState
{
    /// <summary>Empty for a version that the registry runs.</summary>
    [Id(0)]
    public required string Url { get; init; }

    [Id(1)]
    public string? HealthUrl { get; init; }

    [Id(2)]
    public int StartupTimeoutSeconds { get; init; }

    [Id(3)]
    public ServingStatus Status { get; init; }

    [Id(4)]
    public DateTimeOffset Since { get; init; }

    [Id(5)]
    public string? Message { get; init; }

    /// <summary>
    /// Raised by deploy and activate, and by the death of a process: a result applies only to the attempt it names (rule
    /// L3).
    /// </summary>
    [Id(6)]
    [JsonPropertyName("start")]
    public int Attempt { get; init; }

    /// <summary>How the registry runs it; null for a version that answers elsewhere.</summary>
    [Id(8)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RuntimeState? Runtime { get; init; }

    [Id(9)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ServedName { get; init; }

    [Id(10)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? OpenaiPaths { get; init; }

    /// <summary>
    /// Its servers, if it has several (rule SV1), or one that is up although its status doesn't say so. The addresses above
    /// are the first one's.
    /// </summary>
    [Id(11)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ServerState>? Servers { get; init; }

    /// <summary>How many servers must be up before it is ready (rule SV2); null for one.</summary>
    [Id(12)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MinReady { get; init; }

    /// <summary>Whether a call may be made twice (rule SV6).</summary>
    [Id(13)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Repeatable { get; init; }

    /// <summary>How often its servers are asked once it is ready, in seconds; 0 or null for never (rule HV1).</summary>
    [Id(14)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ProbeSeconds { get; init; }

    /// <summary>Its mark, or null where it never had one in this start (rule HV7).</summary>
    [Id(15)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HealthMark? Health { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(7)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>Whether two lists of paths say the same.</summary>
    public static bool IsSame(IReadOnlyList<string>? paths, IReadOnlyList<string>? others) =>
        ReferenceEquals(paths, others) || (paths is not null && others is not null && paths.SequenceEqual(others));
}

/// <summary>How the registry runs a version, and how its processes have died.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RuntimeState")]
internal sealed record RuntimeState
{
    [Id(0)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Environment { get; init; }

    [Id(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Command { get; init; }

    [Id(2)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>Deaths in a row without health between them, since it became active.</summary>
    [Id(3)]
    public int Failures { get; init; }

    /// <summary>The instants of its latest deaths, oldest first.</summary>
    [Id(4)]
    public ImmutableArray<DateTimeOffset> Deaths { get; init; } = [];

    /// <summary>When the next process may be started, or null for at once.</summary>
    [Id(5)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NotBefore { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(6)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>Whether an operator has said that it runs as it is (rule X14).</summary>
    [Id(7)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ByOperator { get; init; }

    /// <summary>What is remembered of its deaths.</summary>
    [JsonIgnore]
    public RestartState Restarts => new(Failures, Deaths);
}

/// <summary>The active time of a version (rule B1).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Meter")]
internal sealed record Meter
{
    /// <summary>Since when the running interval runs: the version is up. Null while it is not.</summary>
    [Id(0)]
    public DateTimeOffset? RunningSince { get; init; }

    /// <summary>Closed intervals of the draft stage, in milliseconds.</summary>
    [Id(1)]
    [JsonRequired]
    public long DraftMilliseconds { get; init; }

    /// <summary>Closed intervals of the published stage, in milliseconds.</summary>
    [Id(2)]
    [JsonRequired]
    public long PublishedMilliseconds { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(3)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
