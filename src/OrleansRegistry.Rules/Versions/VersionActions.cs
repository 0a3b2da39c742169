using System.Text.Json;

namespace OrleansRegistry.Versions;

/// <summary>A command on one version.</summary>
internal enum VersionAction
{
    /// <summary>Makes it primary.</summary>
    Promote,

    /// <summary>Publishes it.</summary>
    Publish,

    /// <summary>Brings it back.</summary>
    Activate,

    /// <summary>Takes it out of routing.</summary>
    Deactivate,

    /// <summary>Deletes it for ever.</summary>
    Delete,
}

/// <summary>
/// Says of a version, as callers see it, what can be done with it. The lifecycle itself is asked, so that nothing is
/// offered that a command would refuse by the version's state, by the caller's role, or by the model's protection.
/// </summary>
internal static class VersionActions
{
    /// <summary>The permission of an action.</summary>
    public static Permission PermissionOf(VersionAction action) => action switch
    {
        VersionAction.Promote or VersionAction.Publish or VersionAction.Activate or VersionAction.Deactivate => Permission.Deploy,
        VersionAction.Delete => Permission.Administer,
    };

    /// <summary>Why an action can't be taken, or would change nothing; null when it can.</summary>
    /// <param name="action">The action.</param>
    /// <param name="version">The version.</param>
    /// <param name="isProtected">Whether its model is protected.</param>
    /// <param name="role">The caller's role.</param>
    /// <param name="isHeld">Whether a protected alias points to it (rule AL6).</param>
    public static string? Obstacle(VersionAction action, VersionView version, bool isProtected, Role role, bool isHeld = false)
    {
        var permission = PermissionOf(action);
        if (!role.Allows(permission))
        {
            return $"Needs the role {Word(Permissions.MinRole(permission))}.";
        }

        var state = State(version);
        var step = action switch
        {
            VersionAction.Promote => Lifecycle.Promote(state),
            VersionAction.Publish => Lifecycle.Publish(state, default),
            VersionAction.Activate => Lifecycle.Activate(state, null, default),
            VersionAction.Deactivate => Lifecycle.Deactivate(state, default),
            VersionAction.Delete => Lifecycle.Delete(state, default),
        };
        var (changes, movesPrimary) = action switch
        {
            VersionAction.Promote => (!version.IsPrimary, !version.IsPrimary),
            VersionAction.Deactivate => (step.Changed, version.IsPrimary),
            VersionAction.Publish or VersionAction.Activate or VersionAction.Delete => (step.Changed, false),
        };
        return step.Refusal is { } refusal ? refusal.Detail
            : action == VersionAction.Promote && changes && version.Serving?.Health == VersionHealth.Unhealthy ? "It is unhealthy."
            : !changes ? $"It is {(action == VersionAction.Promote ? "the primary" : Word(version.State))} already."
            : movesPrimary && isProtected && !role.Allows(Permission.Administer)
                ? "The model is protected: only an admin moves its primary."
            : isHeld && action == VersionAction.Delete ? "A protected alias points to it."
            : isHeld && action == VersionAction.Deactivate && !role.Allows(Permission.Administer)
                ? "A protected alias points to it: only an admin deactivates it."
                : null;
    }

    /// <summary>Why an alias can't be set, rolled back and removed; null when it can (rule AL6).</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="role">The caller's role.</param>
    public static string? Obstacle(AliasView alias, Role role) =>
        !role.Allows(Permission.Deploy) ? $"Needs the role {Word(Permissions.MinRole(Permission.Deploy))}."
        : alias.Protected && !role.Allows(Permission.Administer) ? "The alias is protected: only an admin moves it."
        : null;

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static ModelVersionState State(VersionView version) => new()
    {
        Workspace = "",
        ModelId = version.ModelId,
        ModelName = version.ModelName,
        Ordinal = 1,
        Version = version.Version,
        State = version.State,
        Stage = version.Stage,
        CreatedBy = version.CreatedBy,
        Serving = version.Serving is not { } serving ? null : new ServingState
        {
            Url = serving.Url,
            HealthUrl = serving.HealthUrl,
            StartupTimeoutSeconds = serving.StartupTimeoutSeconds,
            Status = serving.Status,
            Runtime = version.Runtime is null ? null : new RuntimeState(),
        },
    };
}
