using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <inheritdoc cref="IAdmittedCalls"/>
internal sealed class AdmittedCalls(TrafficMeter meter, VersionResolver versions, CallOptions options) : IAdmittedCalls
{
    /// <inheritdoc/>
    public async Task End(string workspace, VersionId version)
    {
        var left = await meter.Drain(workspace, version, TimeSpan.FromSeconds(options.GraceSeconds), CancellationToken.None);
        if (left.Select(call => call.Admitted).OfType<AdmittedCall>().ToList() is not [_, ..] late)
        {
            return;
        }

        var why = await FindWhy(workspace, version);
        foreach (var call in late)
        {
            call.End(why);
        }
    }

    /// <summary>Why calls of a version may not go on for long, or null where it is active.</summary>
    public async Task<RegistryError?> WhyStopped(string workspace, VersionId version, CancellationToken cancellationToken)
    {
        WorkspaceScope.Enter(workspace);
        var error = (await versions.Resolve(workspace, version, [], cancellationToken)).Error;
        return error?.Code is ErrorCode.VersionInactive or ErrorCode.VersionDeleted or ErrorCode.VersionNotFound ? error : null;
    }

    /// <summary>Whether an exception says that it can't be known now what became of a version or a key.</summary>
    public static bool IsUnknown(Exception exception) =>
        exception is RegistryUnavailableException or SiloReplacedException or TimeoutException or OrleansException;

    private async Task<RegistryError> FindWhy(string workspace, VersionId version)
    {
        RegistryError? why = null;
        try
        {
            why = await WhyStopped(workspace, version, CancellationToken.None);
        }
        catch (Exception e) when (IsUnknown(e))
        {
            // Its process is stopped all the same.
        }

        // It may be active again by now.
        return why ?? new RegistryError(ErrorCode.VersionStarting, $"The process of version {version} is stopped.");
    }
}
