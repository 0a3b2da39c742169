namespace OrleansRegistry.Gateway;

/// <summary>
/// Tells models, once a second, of calls that could not be begun, and of those that succeeded where the model has doubts
/// (rule HV1), or may have them by now. Nothing is told of a version whose calls all go well and are short. It is in
/// memory only, and may be lost.
/// </summary>
internal sealed class CallSignReporter(IGrainFactory grains, TimeProvider clock)
{
    /// <summary>How long it is known whether the model has doubts, from when a call was resolved.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Dictionary<(string Workspace, VersionId Version), CallSigns> _seen = [];

    /// <summary>A call could not be begun at any server.</summary>
    public void NotBegun(string workspace, ResolvedVersion version) =>
        See(workspace, version, signs => signs with { NotBegun = signs.NotBegun + 1 });

    /// <summary>A server has answered a call, and not with 5xx.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="version">The version as the call was resolved, at that server.</param>
    /// <param name="began">When that was.</param>
    public void Succeeded(string workspace, ResolvedVersion version, long began)
    {
        if (version.IsDoubted || clock.GetElapsedTime(began) >= Fresh)
        {
            var url = version.ServingUrl!;
            See(workspace, version, signs => signs.Succeeded.Contains(url) ? signs : signs with { Succeeded = [.. signs.Succeeded, url] });
        }
    }

    /// <summary>Tells the models of what was seen since this was called last.</summary>
    public async Task Report()
    {
        Dictionary<(string Workspace, VersionId Version), CallSigns> seen;
        lock (_lock)
        {
            if (_seen.Count == 0)
            {
                return;
            }

            (seen, _seen) = (_seen, []);
        }

        foreach (var ((workspace, version), signs) in seen)
        {
            WorkspaceScope.Enter(workspace);
            await grains.GetGrain<IModelGrain>(GrainKeys.Model(workspace, version.ModelId)).Observe(version.Ordinal, signs);
        }
    }

    private void See(string workspace, ResolvedVersion version, Func<CallSigns, CallSigns> add)
    {
        if (!VersionId.TryParse(version.VersionId, out var id))
        {
            return;
        }

        lock (_lock)
        {
            // Of an earlier start nobody wants to know any more.
            var signs = _seen.GetValueOrDefault((workspace, id)) is { } known && known.Attempt >= version.Attempt
                ? known
                : new CallSigns { Attempt = version.Attempt };
            if (signs.Attempt == version.Attempt)
            {
                _seen[(workspace, id)] = add(signs);
            }
        }
    }
}
