using System.Text.Json.Serialization;

namespace OrleansRegistry.Versions;

/// <summary>
/// A version's entry in its model's table of active versions: enough to route and to choose the primary.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ActiveVersion")]
internal sealed record ActiveVersion
{
    public static readonly IComparer<ActiveVersion> ByOrdinal =
        Comparer<ActiveVersion>.Create((a, b) => a.Ordinal.CompareTo(b.Ordinal));

    [Id(0)]
    public required int Ordinal { get; init; }

    [Id(1)]
    public required string Version { get; init; }

    [Id(2)]
    [JsonRequired]
    public Stage Stage { get; init; }

    /// <summary>Ready for a version that is only registered.</summary>
    [Id(3)]
    [JsonRequired]
    public ServingStatus Status { get; init; }

    /// <summary>Counts the attempts to start (rules L3 and X2); the last may go on.</summary>
    [Id(4)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonPropertyName("start")]
    public int Attempt { get; init; }

    /// <summary>
    /// Where it answers: empty for a version that the registry runs, null for one that is only registered.
    /// </summary>
    [Id(5)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }

    /// <summary>The order number that its publish drew, or null for a draft (rule P1).</summary>
    [Id(6)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PublishNumber { get; init; }

    /// <summary>A claim to the pointer that waits until the version is routable (rule P3).</summary>
    [Id(7)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Claim? Claim { get; init; }

    /// <summary>Last in line for a fallback (rule P4).</summary>
    [Id(8)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HeldBack { get; init; }

    /// <summary>It had the model's highest number when it was deployed (rule P1).</summary>
    [Id(9)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WasHighest { get; init; }

    /// <summary>How its server is called by OpenAI's routes, or null when that is as everywhere.</summary>
    [Id(11)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OpenaiServing? Openai { get; init; }

    /// <summary>Claims to aliases that wait until the version is routable (rule AL4), or null for none.</summary>
    [Id(12)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AliasClaim>? AliasClaims { get; init; }

    /// <summary>A rollback has left it: last in ranges, unless it is primary (rule P7).</summary>
    [Id(13)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Left { get; init; }

    /// <summary>Its servers, if it has several; else null.</summary>
    [Id(14)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ActiveServers? Servers { get; init; }

    /// <summary>How often its servers are asked once it is ready, in seconds; 0 for never (rule HV1).</summary>
    [Id(15)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ProbeSeconds { get; init; }

    /// <summary>Its mark, or null where it never had one in this start (rule HV7).</summary>
    [Id(16)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HealthMark? Health { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(10)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    [JsonIgnore]
    public bool IsRoutable => Status.IsRoutable();

    /// <summary>Whether the registry runs it.</summary>
    [JsonIgnore]
    public bool IsManaged => Url is "";

    /// <summary>Its servers, unless they are of an earlier start.</summary>
    [JsonIgnore]
    public ActiveServers? PresentServers => Servers is { } servers && servers.Attempt == Attempt ? servers : null;

    /// <summary>Its mark, unless it is of an earlier start.</summary>
    [JsonIgnore]
    public HealthMark? PresentHealth => Health is { } mark && mark.Attempt == Attempt ? mark : null;

    /// <summary>Whether it is unhealthy: by its mark, or since its process is started again (rule HV3).</summary>
    [JsonIgnore]
    public bool IsUnhealthy => Status == ServingStatus.Restarting || (Status == ServingStatus.Ready && PresentHealth is { IsUnhealthy: true });

    /// <summary>Whether calls go to servers of it that the registry doesn't run.</summary>
    [JsonIgnore]
    public bool HasServers => Status == ServingStatus.Ready && Url is { Length: > 0 };

    /// <summary>The addresses that calls go to, of one that has servers.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Called => PresentServers is { Up: { Count: > 0 } up } ? up : [Url!];

    /// <summary>Whether somebody waits for its start: it is starting, or a server of it is not up yet (rules L3 and SV2).</summary>
    [JsonIgnore]
    public bool IsProbed => Status == ServingStatus.Starting
        || (Status == ServingStatus.Ready && PresentServers is { } servers && servers.Up.Count < servers.Count);

    /// <summary>Whether there must be a process of it.</summary>
    [JsonIgnore]
    public bool NeedsProcess => IsManaged && Status.NeedsProcess();
}

/// <summary>How a version's server is called by OpenAI's routes.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.OpenaiServing")]
internal sealed record OpenaiServing
{
    /// <summary>The attempt to start that it belongs to: an older build may since have begun another, with another spec.</summary>
    [Id(0)]
    [JsonPropertyName("start")]
    public int Attempt { get; init; }

    [Id(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ServedName { get; init; }

    [Id(2)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Paths { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(3)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>As a version's serving says; <paramref name="known"/> where nothing of it has changed.</summary>
    public static OpenaiServing? Of(ServingState? serving, OpenaiServing? known) => serving switch
    {
        null or { ServedName: null, OpenaiPaths: null } => null,
        _ when known is not null && known.Attempt == serving.Attempt && known.ServedName == serving.ServedName
            && ServingState.IsSame(known.Paths, serving.OpenaiPaths) => known,
        _ => new OpenaiServing { Attempt = serving.Attempt, ServedName = serving.ServedName, Paths = serving.OpenaiPaths },
    };
}

/// <summary>A claim to the primary pointer.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Claim")]
internal sealed record Claim
{
    [Id(0)]
    public required long Number { get; init; }

    [Id(1)]
    public PrimaryReason Reason { get; init; }

    [Id(2)]
    public required string By { get; init; }

    /// <summary>The name of the claimant's key, or null.</summary>
    [Id(4)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ByName { get; init; }

    /// <summary>Why, in the claimant's own words, or null.</summary>
    [Id(5)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(3)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}

/// <summary>A claim to an alias.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.AliasClaim")]
internal sealed record AliasClaim
{
    /// <summary>The name of the alias.</summary>
    [Id(0)]
    public required string Alias { get; init; }

    [Id(1)]
    public required long Number { get; init; }

    [Id(2)]
    public required string By { get; init; }

    /// <summary>The name of the claimant's key, or null.</summary>
    [Id(3)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ByName { get; init; }

    /// <summary>Why, in the claimant's own words, or null.</summary>
    [Id(4)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(5)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
