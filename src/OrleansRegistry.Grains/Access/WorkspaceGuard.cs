namespace OrleansRegistry.Access;

/// <summary>
/// Lets nobody reach a grain of another workspace (rule E2): the caller's workspace, which travels with every call,
/// must be the one in the grain's key. It stands behind the checks of the gateway, for what they may have missed.
/// </summary>
internal sealed class WorkspaceGuard : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    /// <summary>Refuses what comes from elsewhere.</summary>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (WorkspaceOf(context.TargetId, context.InterfaceMethod) is { } workspace && WorkspaceScope.Current != workspace)
        {
            throw new ForeignWorkspaceException($"{context.InterfaceMethod.Name} of {context.TargetId} was called in {WorkspaceScope.Current ?? "no workspace"}.");
        }

        return context.Invoke();
    }

    /// <summary>
    /// A grain of the registry asks others in its own workspace, also in turns that nobody's request began.
    /// </summary>
    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context is { SourceId: { } source, SourceContext.GrainInstance: { } asking } && asking.GetType().Assembly == typeof(WorkspaceGuard).Assembly
            && WorkspaceOf(source, context.InterfaceMethod) is { } workspace && WorkspaceScope.Current != workspace)
        {
            WorkspaceScope.Enter(workspace);
        }

        return context.Invoke();
    }

    /// <summary>The workspace of one of the registry's grains, or null for one that belongs to none.</summary>
    private static string? WorkspaceOf(GrainId grain, System.Reflection.MethodInfo method)
    {
        if (method.DeclaringType?.Assembly is not { } assembly || (assembly != typeof(WorkspaceScope).Assembly && assembly != typeof(WorkspaceGuard).Assembly))
        {
            return null;
        }

        var key = grain.Key.AsSpan();
        var from = key.IndexOf((byte)'/') + 1;
        var length = from > 0 ? key[from..].IndexOf((byte)'/') : -1;
        return length > 0 && System.Text.Encoding.UTF8.GetString(key.Slice(from, length)) is var workspace && workspace != GrainKeys.NoWorkspace ? workspace : null;
    }
}
