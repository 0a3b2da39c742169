using System.Collections.Immutable;
using Semver;

namespace OrleansRegistry.Models;

/// <summary>Rule S1: which versions a selector passed by, and why. Pure functions.</summary>
internal static class SelectionReasons
{
    /// <summary>How many versions are told of at most.</summary>
    public const int MaxVersions = 10;

    /// <summary>
    /// The number beside which the versions stand that are told of: that of the version which was taken, else the one
    /// that the selector names or the upper end of its range; null for the highest number there is.
    /// </summary>
    public static string? Anchor(VersionSelector selector, string? taken) => taken ?? selector switch
    {
        VersionSelector.Exact exact => exact.Number.ToString(),
        VersionSelector.InRange { Range: var range } => range.Any(part => part.End is null)
            ? null
            : range.Select(part => part.End!).Max(SemVersion.PrecedenceComparer)?.ToString(),
        _ => null,
    };

    /// <summary>
    /// The versions nearest to the one that was taken, or to where it would be, highest number first.
    /// </summary>
    /// <param name="selector">The selector.</param>
    /// <param name="takenId">The id of the version that it leads to, or null for none.</param>
    /// <param name="above">Versions with higher numbers, the nearest one first.</param>
    /// <param name="below">The others, the nearest one first.</param>
    public static ImmutableArray<NearVersion> Explain(
        VersionSelector selector, string? takenId, IReadOnlyList<VersionView> above, IReadOnlyList<VersionView> below)
    {
        var higher = above.Where(version => version.Id != takenId).ToList();
        var lower = below.Where(version => version.Id != takenId).ToList();
        var half = MaxVersions / 2;
        var takeHigher = Math.Min(higher.Count, Math.Max(half, MaxVersions - lower.Count));
        return
        [
            .. higher.Take(takeHigher).Reverse()
                .Concat(lower.Take(MaxVersions - takeHigher))
                .Select((version, place) => new NearVersion
                {
                    VersionId = version.Id,
                    Version = version.Version,
                    State = version.State,
                    Reason = Reason(selector, version, isAbove: takenId is not null && place < takeHigher),
                }),
        ];
    }

    private static NotTakenBecause Reason(VersionSelector selector, VersionView version, bool isAbove) => selector switch
    {
        VersionSelector.InRange { Range: var range } => OfRange(range, version, isAbove),
        VersionSelector.Exact { Number: var number } when version.Version != number.ToString() =>
            NotTakenBecause.NotNamed,
        VersionSelector.ById { Id: var id } when version.Id != id.ToString() => NotTakenBecause.NotNamed,
        VersionSelector.Primary => NotUp(version) ?? NotTakenBecause.NotPrimary,
        _ => NotUp(version) ?? NotTakenBecause.NotNamed,
    };

    /// <summary>A higher number that could have been taken is unhealthy, or was left by a rollback (rule P7).</summary>
    private static NotTakenBecause OfRange(SemVersionRange range, VersionView version, bool isAbove)
    {
        var number = VersionNumbering.Parse(version.Version);
        if (range.Contains(number))
        {
            return NotUp(version)
                ?? (version.State == VersionState.Draft ? NotTakenBecause.Draft : !isAbove ? NotTakenBecause.LowerNumber
                    : version.Serving?.Health == VersionHealth.Unhealthy ? NotTakenBecause.Unhealthy : NotTakenBecause.Left);
        }

        // A prerelease lies within bounds that a range of releases has, without being in it.
        return number.IsPrerelease && range.Any(part => IsWithin(part, number))
            ? NotTakenBecause.Prerelease
            : NotTakenBecause.OutsideRange;
    }

    private static bool IsWithin(UnbrokenSemVersionRange range, SemVersion number)
    {
        var toStart = range.Start is null ? 1 : SemVersion.ComparePrecedence(number, range.Start);
        var toEnd = range.End is null ? -1 : SemVersion.ComparePrecedence(number, range.End);
        return (toStart > 0 || (toStart == 0 && range.StartInclusive))
            && (toEnd < 0 || (toEnd == 0 && range.EndInclusive));
    }

    /// <summary>Why no selector leads to the version, or null.</summary>
    private static NotTakenBecause? NotUp(VersionView version) => version.State switch
    {
        VersionState.Deleted => NotTakenBecause.Deleted,
        VersionState.Inactive => NotTakenBecause.Inactive,
        VersionState.Draft or VersionState.Published => version.Serving?.Status switch
        {
            ServingStatus.Starting => NotTakenBecause.Starting,
            ServingStatus.Failed or ServingStatus.Stopped => NotTakenBecause.Failed,
            null or ServingStatus.Ready or ServingStatus.Restarting or ServingStatus.Idle => null,
        },
    };
}
