namespace OrleansRegistry;

/// <summary>The version that a selector leads to, and the way in which it was found.</summary>
[GenerateSerializer, Alias("OrleansRegistry.ResolvedBy")]
public enum ResolvedBy
{
    /// <summary>No selector: the primary.</summary>
    Primary = 0,

    /// <summary>An exact number.</summary>
    Exact = 1,

    /// <summary>A range: the highest published routable match.</summary>
    Range = 2,

    /// <summary>A version id.</summary>
    Id = 3,

    /// <summary>An alias, <c>@staging</c> (rule AL2).</summary>
    Alias = 4,
}

/// <summary>The version that a selector leads to now.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ResolvedVersion")]
public sealed record ResolvedVersion
{
    /// <summary>The version's id.</summary>
    [Id(0)]
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    [Id(1)]
    public required string Version { get; init; }

    /// <summary>The kind of selector that led to it.</summary>
    [Id(2)]
    public ResolvedBy ResolvedBy { get; init; }

    /// <summary>
    /// The URL at which it answers; null for a version without a serving spec, or one that the registry runs.
    /// </summary>
    [Id(3)]
    public string? ServingUrl { get; init; }

    /// <summary>The revision of the model that the answer is true of.</summary>
    [Id(4)]
    public int Revision { get; init; }

    /// <summary>The name of its model.</summary>
    [Id(5)]
    public required string ModelName { get; init; }

    /// <summary>The start of its process, for a version that the registry runs; else null.</summary>
    [Id(6)]
    internal int? Start { get; init; }

    /// <summary>The name by which its server knows the model, or null where that is the caller's.</summary>
    [Id(7)]
    internal string? ServedName { get; init; }

    /// <summary>The paths that lead to its server besides OpenAI's own, or null for none.</summary>
    [Id(8)]
    internal IReadOnlyList<string>? OpenaiPaths { get; init; }

    /// <summary>The name of the alias that led to it, without <c>@</c>; else null.</summary>
    [Id(9)]
    public string? Alias { get; init; }

    /// <summary>
    /// The base URLs that may be called, in the order of its servers, where there is more than one (rule SV2); else null.
    /// The first is <see cref="ServingUrl"/>.
    /// </summary>
    [Id(10)]
    internal IReadOnlyList<string>? Servers { get; init; }

    /// <summary>Whether its deployer says that a call may be made twice (rule SV6).</summary>
    [Id(11)]
    internal bool Repeatable { get; init; }

    /// <summary>Whether it is not up yet, so that a call may wait for it (rule W1).</summary>
    [Id(12)]
    internal bool IsStarting { get; init; }

    /// <summary>Those of <see cref="Servers"/> that are called where there is no other (rule HV2), or null for none.</summary>
    [Id(13)]
    internal IReadOnlyList<string>? Down { get; init; }

    /// <summary>The start that it answers in, for a version with servers.</summary>
    [Id(14)]
    internal int Attempt { get; init; }

    /// <summary>Whether its model wants to hear of calls that succeed (rule HV1).</summary>
    [Id(15)]
    internal bool IsDoubted { get; init; }
}
