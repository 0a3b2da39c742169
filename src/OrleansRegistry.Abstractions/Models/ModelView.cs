using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>A model as callers see it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ModelView")]
public sealed record ModelView
{
    /// <summary>The model's id, see <see cref="ModelId"/>.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The name, unique among the workspace's living models.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(2)]
    public string? Description { get; init; }

    /// <summary>Labels by key.</summary>
    [Id(3)]
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The version that answers calls that name none, or null.</summary>
    [Id(4)]
    public PrimaryView? Primary { get; init; }

    /// <summary>The version that takes the pointer when it is ready, or null.</summary>
    [Id(5)]
    public PendingPrimaryView? PendingPrimary { get; init; }

    /// <summary>The policy by which the pointer moves when no command names the version.</summary>
    [Id(6)]
    public PrimaryPolicy PrimaryPolicy { get; init; }

    /// <summary>Whether only an admin moves the primary, and changes the policy.</summary>
    [Id(13)]
    public bool Protected { get; init; }

    /// <summary>The highest number ever given, deleted versions included.</summary>
    [Id(7)]
    public required string LatestVersion { get; init; }

    /// <summary>The number of versions that are not deleted.</summary>
    [Id(8)]
    public int VersionCount { get; init; }

    /// <summary>The number of versions that are draft or published.</summary>
    [Id(9)]
    public int ActiveVersionCount { get; init; }

    /// <summary>The instant of the first deployment.</summary>
    [Id(10)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller who deployed it.</summary>
    [Id(11)]
    public required string CreatedBy { get; init; }

    /// <summary>Raised by every command on the model or its versions.</summary>
    [Id(12)]
    public int Revision { get; init; }

    /// <summary>The name of the deployer's key, or null for a caller who has none.</summary>
    [Id(14)]
    public string? CreatedByName { get; init; }

    /// <summary>The entity tag that <c>If-Match</c> takes: the model's header <c>ETag</c>.</summary>
    public string Etag => EntityTag.OfRevision(Revision);

    /// <summary>The number of versions in each state.</summary>
    [Id(15)]
    public VersionCounts Counts { get; init; } = new();

    /// <summary>The aliases, in the order of their names.</summary>
    [Id(16)]
    public ImmutableArray<AliasView> Aliases { get; init; } = [];

    /// <summary>What happens to the pointer while the primary is unhealthy (rule HV4).</summary>
    [Id(17)]
    public OnUnhealthy OnUnhealthy { get; init; }

    /// <summary>After how many seconds without a break the pointer then moves, with <c>fall_back</c>.</summary>
    [Id(18)]
    public int FallBackSeconds { get; init; }
}

/// <summary>The primary of a model.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PrimaryView")]
public sealed record PrimaryView
{
    /// <summary>The version's id.</summary>
    [Id(0)]
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    [Id(1)]
    public required string Version { get; init; }

    /// <summary>Since when it is primary.</summary>
    [Id(2)]
    public DateTimeOffset Since { get; init; }

    /// <summary>The reason why it is.</summary>
    [Id(3)]
    public PrimaryReason Reason { get; init; }

    /// <summary>Whose command made it so.</summary>
    [Id(4)]
    public required string By { get; init; }

    /// <summary>The name of their key, or null for a caller who has none.</summary>
    [Id(5)]
    public string? ByName { get; init; }

    /// <summary>Why, in their own words, or null when they said nothing.</summary>
    [Id(6)]
    public string? Comment { get; init; }

    /// <summary>Whether calls lead to it: it stays primary while its start goes on, and after one that failed.</summary>
    [Id(7)]
    internal bool IsRoutable { get; init; }
}

/// <summary>A version that takes the primary pointer when it is ready.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PendingPrimaryView")]
public sealed record PendingPrimaryView
{
    /// <summary>The version's id.</summary>
    [Id(0)]
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    [Id(1)]
    public required string Version { get; init; }
}
