namespace OrleansRegistry;

/// <summary>Reads a version, and waits for what becomes of it.</summary>
internal sealed class VersionWatch(IWorkspaceCatalog catalog, TimeProvider clock)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>Reads a version as soon as it is what is waited for, at the latest when the timeout has passed.</summary>
    public async Task<VersionView?> Read(
        string workspace, VersionId id, WaitTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 1.5 < MaxDelay ? delay * 1.5 : MaxDelay)
        {
            var version = await catalog.FindVersion(workspace, id, cancellationToken);
            var left = timeout - clock.GetElapsedTime(begun);
            if (version is null || !version.State.IsActive() || IsReached(version, target) || left <= TimeSpan.Zero)
            {
                return version;
            }

            await Task.Delay(delay < left ? delay : left, clock, cancellationToken);
        }
    }

    private static bool IsReached(VersionView active, WaitTarget target) => target switch
    {
        WaitTarget.Ready => active.Serving?.Status != ServingStatus.Starting,
        WaitTarget.Primary => active.IsPrimary || active.Serving?.Status == ServingStatus.Failed,
        WaitTarget.Stopped => false,
    };
}
