namespace OrleansRegistry;

/// <summary>Which events there are: what reading on from a position depends on.</summary>
/// <param name="RemovedTo">
/// The position of the last event that was removed because of its age, of the workspace or of one model; 0 when none
/// was.
/// </param>
/// <param name="Last">The position of the last event there is, of all workspaces; 0 when there is none.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.EventRange")]
internal sealed record EventRange([property: Id(0)] long RemovedTo, [property: Id(1)] long Last)
{
    /// <summary>
    /// Why nobody can read on from a position, or null. Beyond the last event it was given by another log: by this one
    /// before an older backup took its place, perhaps. Before the last event that was removed, something is missing.
    /// Position 0 is always good: it is the beginning of what there is.
    /// </summary>
    /// <param name="field">How the request calls the position.</param>
    /// <param name="after">The position.</param>
    public RegistryError? Refusal(string field, long after) =>
        after > Last ? RegistryError.Invalid(field, "lies beyond the last event there is")
        : after > 0 && after < RemovedTo ? new RegistryError(
            ErrorCode.HistoryRemoved, $"Events up to {RemovedTo} were removed because of their age. Nothing is missing behind {RemovedTo}, or read what there is from 0.")
        : null;
}
