namespace OrleansRegistry;

/// <summary>Says what states and statuses mean. A new one has to be decided here.</summary>
internal static class VersionConditions
{
    /// <summary>Whether a version in this state is active.</summary>
    public static bool IsActive(this VersionState state) => state switch
    {
        VersionState.Draft or VersionState.Published => true,
        VersionState.Inactive or VersionState.Deleted => false,
    };

    /// <summary>
    /// Whether an active version with this status is routable: selectors lead to it, and it may be primary.
    /// </summary>
    public static bool IsRoutable(this ServingStatus status) => status switch
    {
        ServingStatus.Ready or ServingStatus.Restarting or ServingStatus.Idle => true,
        ServingStatus.Starting or ServingStatus.Failed or ServingStatus.Stopped => false,
    };

    /// <summary>
    /// Whether an active version with this status is up: it can be called now, and its time is billed.
    /// </summary>
    public static bool IsUp(this ServingStatus status) => status switch
    {
        ServingStatus.Ready => true,
        ServingStatus.Starting or ServingStatus.Failed or ServingStatus.Stopped => false,
        ServingStatus.Restarting or ServingStatus.Idle => false,
    };

    /// <summary>Whether the registry keeps a process for an active version with this status, if it runs it.</summary>
    public static bool NeedsProcess(this ServingStatus status) => status switch
    {
        ServingStatus.Starting or ServingStatus.Ready or ServingStatus.Restarting => true,
        ServingStatus.Failed or ServingStatus.Stopped or ServingStatus.Idle => false,
    };

    /// <summary>The state of an active version on this stage.</summary>
    public static VersionState ActiveState(this Stage stage) => stage switch
    {
        Stage.Draft => VersionState.Draft,
        Stage.Published => VersionState.Published,
    };
}
