using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>
/// What a model's row stores. It grows with the active versions only: everything about an inactive or deleted one stands in that
/// version's own row. Immutable: a command builds the next state apart, and it is taken over once it is written.
/// </summary>
internal sealed record ModelState
{
    public required string Workspace { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The name in lower case, for the prefix search; folded here so that both databases search alike.</summary>
    public required string SearchName { get; init; }

    public string? Description { get; init; }

    [JsonRequired]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = LabelSet.None;

    [JsonRequired]
    public PrimaryPolicy PrimaryPolicy { get; init; }

    /// <summary>Whether only an admin moves the primary.</summary>
    public bool Protected { get; init; }

    /// <summary>What happens to the pointer while the primary is unhealthy (rule HV4).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public OnUnhealthy OnUnhealthy { get; init; }

    /// <summary>After how many seconds it then moves; null for <see cref="HealthRules.DefaultFallBackSeconds"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? FallBackSeconds { get; init; }

    /// <summary>The highest number ever given (rule N2).</summary>
    public required string LatestVersion { get; init; }

    [JsonRequired]
    public int NextOrdinal { get; init; } = 1;

    /// <summary>Versions that are not deleted.</summary>
    [JsonRequired]
    public int VersionCount { get; init; }

    /// <summary>The last order number drawn by a publish or a promotion (rules P1 and P2).</summary>
    public long Order { get; init; }

    /// <summary>Draft and published versions, by ordinal.</summary>
    [JsonRequired]
    public ImmutableArray<ActiveVersion> Active { get; init; } = [];

    public PrimaryPointer? Primary { get; init; }

    /// <summary>The last primaries, oldest first, the present one last; none twice (rule P5).</summary>
    public ImmutableArray<PastPrimary> History { get; init; } = [];

    /// <summary>What <see cref="PrimarySelection.Pending"/> says, stored for the catalog.</summary>
    public PastPrimary? PendingPrimary { get; init; }

    /// <summary>The aliases, in the order of their names; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AliasState>? Aliases { get; init; }

    [JsonRequired]
    public DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>The name of the creator's key, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CreatedByName { get; init; }

    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The instant of the last command; none is ever earlier, whatever the clock does.</summary>
    public DateTimeOffset LastInstant { get; init; }

    /// <summary>The command that wrote this row.</summary>
    public Guid LastCommand { get; init; }

    /// <summary>Rows of versions that the same statement stores; stripped from what is kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<VersionWrite>? VersionWrites { get; init; }

    /// <summary>Events that the same statement stores, in order of cause; stripped from what is kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EventWrite>? Events { get; init; }

    /// <summary>The command's deadline, checked again by the database; stripped from what is kept.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NotAfter { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>The primary, if the pointer moves when that is unhealthy for too long (rule HV4).</summary>
    [JsonIgnore]
    public ActiveVersion? GuardedPrimary => OnUnhealthy == OnUnhealthy.FallBack && Primary is { } primary ? Find(primary.Ordinal) : null;

    [JsonIgnore]
    public VersionId? PrimaryId => Primary is null ? null : new VersionId(Id, Primary.Ordinal);

    /// <summary>
    /// How many versions are in each state: told from what the row holds anyway, so that no stored number can disagree
    /// with it.
    /// </summary>
    [JsonIgnore]
    public VersionCounts Counts => new()
    {
        Draft = Active.Count(entry => entry.Stage == Stage.Draft),
        Published = Active.Count(entry => entry.Stage == Stage.Published),
        Inactive = VersionCount - Active.Length,
        Deleted = NextOrdinal - 1 - VersionCount,
        Starting = Active.Count(entry => entry.Status == ServingStatus.Starting),
        Failed = Active.Count(entry => entry.Status == ServingStatus.Failed),
    };

    /// <summary>The entry of an active version, or null.</summary>
    public ActiveVersion? Find(int ordinal)
    {
        var index = Active.BinarySearch(new ActiveVersion { Ordinal = ordinal, Version = "" }, ActiveVersion.ByOrdinal);
        return index < 0 ? null : Active[index];
    }

    /// <summary>The model with one entry changed.</summary>
    public ModelState With(ActiveVersion entry) =>
        this with { Active = Active.SetItem(Active.BinarySearch(entry, ActiveVersion.ByOrdinal), entry) };
}

/// <summary>The primary pointer.</summary>
internal sealed record PrimaryPointer
{
    public required int Ordinal { get; init; }

    public required string Version { get; init; }

    [JsonRequired]
    public DateTimeOffset Since { get; init; }

    [JsonRequired]
    public PrimaryReason Reason { get; init; }

    public required string By { get; init; }

    /// <summary>The name of the key of who set it, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ByName { get; init; }

    /// <summary>Why, in their own words, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <summary>The order number that set it (rule P3).</summary>
    public long Order { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}

/// <summary>A version that was primary, or is about to be.</summary>
internal sealed record PastPrimary(int Ordinal, string Version)
{
    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
