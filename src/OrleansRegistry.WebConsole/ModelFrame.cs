namespace OrleansRegistry.WebConsole;

/// <summary>A model with the list of versions that stands beside each of its pages.</summary>
/// <param name="User">The person who looks.</param>
/// <param name="Model">The model.</param>
/// <param name="Pinned">The primary and the version that is to be, where the list does not hold them.</param>
/// <param name="Versions">The versions of the list, newest first.</param>
/// <param name="State">The state that the list shows, or null for all but deleted ones.</param>
/// <param name="Number">The beginning of the numbers that the list shows; empty for all.</param>
/// <param name="Query">The part of an address that names the list; empty for that of all.</param>
/// <param name="Next">The address of the list's next page, or null.</param>
/// <param name="First">The address of the list's first page, or null where this is it.</param>
/// <param name="Receipt">What was just done, or null.</param>
public sealed record ModelFrame(
    ConsoleUser User,
    ModelView Model,
    IReadOnlyList<VersionView> Pinned,
    IReadOnlyList<VersionView> Versions,
    VersionState? State,
    string Number,
    string Query,
    string? Next,
    string? First,
    Receipt? Receipt);
