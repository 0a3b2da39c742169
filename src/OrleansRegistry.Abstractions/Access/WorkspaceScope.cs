namespace OrleansRegistry;

/// <summary>
/// Which workspace a caller of grains acts in. A silo refuses calls to grains of another workspace, and calls that
/// state none, whatever the code that made the key has meant: services that run beside a silo, and clients, state
/// theirs before they call.
/// </summary>
internal static class WorkspaceScope
{
    private const string Key = "registry.workspace";

    /// <summary>The workspace that the calls of this flow act in, or null.</summary>
    public static string? Current => RequestContext.Get(Key) as string;

    /// <summary>From here on, the calls of this asynchronous flow act in a workspace.</summary>
    public static void Enter(string workspace) => RequestContext.Set(Key, workspace);
}

/// <summary>A grain of one workspace was called on behalf of another, or of none.</summary>
[GenerateSerializer, Alias("OrleansRegistry.ForeignWorkspaceException")]
internal sealed class ForeignWorkspaceException(string message) : Exception(message);
