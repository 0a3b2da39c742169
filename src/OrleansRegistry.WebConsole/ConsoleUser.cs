using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>The person who looks at a page, as its header shows them.</summary>
/// <param name="Name">The name of the key that signed in, or the caller as events name them.</param>
/// <param name="Actor">The caller, as events name them.</param>
/// <param name="Role">The role of the key that signed in.</param>
/// <param name="Workspace">The workspace.</param>
public sealed record ConsoleUser(string Name, string Actor, Role Role, string Workspace)
{
    internal static ConsoleUser Of(RequestCaller caller) => new(caller.KeyName ?? caller.Actor, caller.Actor, caller.Role, caller.Workspace);
}
