namespace OrleansRegistry;

/// <summary>The role of an API key or a token in its workspace.</summary>
/// <remarks>The permissions of each role stand in one table: <see cref="Permissions.Allows"/>.</remarks>
[GenerateSerializer, Alias("OrleansRegistry.Role")]
public enum Role
{
    /// <summary>Reads everything, calls nothing.</summary>
    Viewer = 0,

    /// <summary>Calls models and asks which version answers; reads nothing else.</summary>
    Invoker = 1,

    /// <summary>Deploys, publishes, promotes, activates, deactivates and describes; reads and calls.</summary>
    Deployer = 2,

    /// <summary>Also deletes, and manages keys, rates, statements, webhooks and protected models.</summary>
    Admin = 3,

    /// <summary>Also makes workspaces, and keys for any of them.</summary>
    Operator = 4,
}

/// <summary>The right that a route asks of its caller.</summary>
internal enum Permission
{
    /// <summary>To see which version answers.</summary>
    Resolve = 0,

    /// <summary>To call a model.</summary>
    Invoke = 1,

    /// <summary>To read what is stored.</summary>
    Read = 2,

    /// <summary>To deploy and to run the lifecycle of versions.</summary>
    Deploy = 3,

    /// <summary>To delete, and to look after the workspace.</summary>
    Administer = 4,

    /// <summary>To look after all workspaces.</summary>
    Operate = 5,
}

/// <summary>Which role may do what.</summary>
internal static class Permissions
{
    /// <summary>Says whether a role has a permission.</summary>
    public static bool Allows(this Role role, Permission permission) => permission switch
    {
        Permission.Resolve => true,
        Permission.Invoke => role is not Role.Viewer,
        Permission.Read => role is not Role.Invoker,
        Permission.Deploy => role >= Role.Deployer,
        Permission.Administer => role >= Role.Admin,
        Permission.Operate => role == Role.Operator,
        _ => false,
    };

    /// <summary>The lowest role that has a permission.</summary>
    public static Role MinRole(Permission permission) => permission switch
    {
        Permission.Invoke or Permission.Resolve => Role.Invoker,
        Permission.Read => Role.Viewer,
        Permission.Deploy => Role.Deployer,
        Permission.Administer => Role.Admin,
        _ => Role.Operator,
    };
}
