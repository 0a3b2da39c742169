using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>One page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextPageToken">Leads to the next page, or null after the last.</param>
public sealed record Page<T>(ImmutableArray<T> Items, string? NextPageToken);

/// <summary>A model that was deleted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Deleted">True.</param>
public sealed record DeletedModel(string Id, bool Deleted = true);

/// <summary>What deactivating or deleting a version answers.</summary>
public sealed record RetireAnswer
{
    /// <summary>The version after the command.</summary>
    public required VersionView Version { get; init; }

    /// <summary>Whether the command changed anything that a caller can see.</summary>
    public bool Changed { get; init; }

    /// <summary>Where the primary pointer went, or null when it stayed.</summary>
    public PrimaryChange? PrimaryChange { get; init; }

    /// <summary>Whether the version was the model's last, so that the model is deleted too.</summary>
    public bool ModelDeleted { get; init; }

    /// <summary>With <c>dry_run</c>: whether the version is in use. Else null.</summary>
    public TrafficView? Traffic { get; init; }

    /// <summary>With <c>drain_seconds</c>: how many calls that were admitted before still ran when the time was up. Else null.</summary>
    public int? InFlightLeft { get; init; }
}

/// <summary>The version that a selector leads to now.</summary>
public sealed record ResolveAnswer
{
    /// <summary>The version's id.</summary>
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    public required string Version { get; init; }

    /// <summary>How the selector led to it.</summary>
    public ResolvedBy ResolvedBy { get; init; }

    /// <summary>Where it answers, or null for a version that is only registered.</summary>
    public string? ServingUrl { get; init; }

    /// <summary>What was deployed, or null.</summary>
    public Artifact? Artifact { get; init; }

    /// <summary>The revision of the model that the answer is true of.</summary>
    public int Revision { get; init; }
}

/// <summary>Makes the answers that several routes give.</summary>
internal static class Answers
{
    public static Answer<ModelView> Model(ModelView model, bool isDryRun = false) =>
        Answer<ModelView>.Of(model, EntityTag.Model(model.Revision), isDryRun);

    public static Answer<VersionView> Version(VersionView version, bool isDryRun = false) => Answer<VersionView>.Of(version, TagOf(version), isDryRun);

    public static Answer<CommandAnswer> Command(Outcome<CommandAnswer> outcome, CommandReceipt receipt) =>
        outcome.TryGet(out var answer, out var error) ? Answer<CommandAnswer>.Of(answer, TagOf(answer.Version), receipt.IsDryRun) : error;

    public static string TagOf(VersionView version) => EntityTag.Version(version.Revision, version.IsPrimary);
}
