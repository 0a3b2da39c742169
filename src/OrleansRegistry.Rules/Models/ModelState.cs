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

    [JsonRequired]
    public DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

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

    [JsonIgnore]
    public VersionId? PrimaryId => Primary is null ? null : new VersionId(Id, Primary.Ordinal);

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

/// <summary>What a model knows of one of its active versions: enough to route and to choose the primary.</summary>
internal sealed record ActiveVersion
{
    public static readonly IComparer<ActiveVersion> ByOrdinal = Comparer<ActiveVersion>.Create((a, b) => a.Ordinal.CompareTo(b.Ordinal));

    public required int Ordinal { get; init; }

    public required string Version { get; init; }

    [JsonRequired]
    public Stage Stage { get; init; }

    /// <summary>Ready for a version that is only registered.</summary>
    [JsonRequired]
    public ServingStatus Status { get; init; }

    /// <summary>The start that goes on or was the last (rule L3).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Start { get; init; }

    /// <summary>Where it answers, or null for a version that is only registered.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }

    /// <summary>The order number that its publish drew, or null for a draft (rule P1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PublishNumber { get; init; }

    /// <summary>A claim to the pointer that waits until the version is routable (rule P3).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Claim? Claim { get; init; }

    /// <summary>Last in line for a fallback (rule P4).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HeldBack { get; init; }

    /// <summary>It had the model's highest number when it was deployed (rule P1).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WasHighest { get; init; }

    [JsonIgnore]
    public bool IsRoutable => Status.IsRoutable();
}

/// <summary>A claim to the primary pointer.</summary>
internal sealed record Claim
{
    public required long Number { get; init; }

    public PrimaryReason Reason { get; init; }

    public required string By { get; init; }
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

    /// <summary>The order number that set it (rule P3).</summary>
    public long Order { get; init; }
}

/// <summary>A version that was primary, or is about to be.</summary>
internal sealed record PastPrimary(int Ordinal, string Version);
