using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Models;

/// <summary>Where a selector leads, and why.</summary>
/// <param name="Action">The address of the page.</param>
/// <param name="Selector">The selector that was asked for, or an empty text for the primary.</param>
/// <param name="Version">The number of the version that answers, or null for none.</param>
/// <param name="By">How the selector led to it.</param>
/// <param name="ServingUrl">Where it answers, or null.</param>
/// <param name="Problem">Why none does, or null.</param>
/// <param name="Nearest">The nearest others, with the reason against each.</param>
public sealed record ResolveView(
    string Action, string Selector, string? Version, ResolvedBy By, string? ServingUrl, string? Problem, IReadOnlyList<NearVersion> Nearest)
{
    /// <summary>How the selector led to it, as a sentence.</summary>
    public string How => By switch
    {
        ResolvedBy.Primary => "It is the primary.",
        ResolvedBy.Exact => "It has exactly this number.",
        ResolvedBy.Range => "It is the highest published number of the range that can answer.",
        ResolvedBy.Id => "It has this id.",
        ResolvedBy.Alias => "The alias points to it.",
    };

    /// <summary>Why a version was not taken, as a sentence.</summary>
    public static string Because(NotTakenBecause reason) => reason switch
    {
        NotTakenBecause.OutsideRange => "Its number is not in the range.",
        NotTakenBecause.Prerelease => "It is a prerelease, and the range names none of its kind.",
        NotTakenBecause.Deleted => "It is deleted.",
        NotTakenBecause.Inactive => "It is inactive.",
        NotTakenBecause.Draft => "It is a draft; a range leads to published versions.",
        NotTakenBecause.Starting => "It is starting.",
        NotTakenBecause.Failed => "Its start failed.",
        NotTakenBecause.LowerNumber => "A version with a higher number is taken.",
        NotTakenBecause.Left => "A rollback left it; a range takes it last.",
        NotTakenBecause.Unhealthy => "It is unhealthy; a range takes it after those that answer.",
        NotTakenBecause.NotNamed => "The selector names another version.",
        NotTakenBecause.NotPrimary => "It is not primary.",
    };

    internal static ResolveView Of(string action, string selector, ApiAnswer<ResolveAnswer> answer) => answer.Value is { } found
        ? new ResolveView(action, selector, found.Version, found.ResolvedBy, found.ServingUrl, null, found.Nearest ?? [])
        : new ResolveView(action, selector, null, default, null, answer.Problem!.Summary(), answer.Problem!.Nearest ?? []);
}
