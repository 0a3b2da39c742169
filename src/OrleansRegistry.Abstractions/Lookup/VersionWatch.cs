namespace OrleansRegistry;

/// <summary>Reads a version, and waits for its serving.</summary>
internal sealed class VersionWatch(IWorkspaceCatalog catalog, TimeProvider clock)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Reads a version: as it is now, or as soon as it is no longer starting, at the latest when the timeout has
    /// passed.
    /// </summary>
    public async Task<VersionView?> Read(string workspace, VersionId id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 1.5 < MaxDelay ? delay * 1.5 : MaxDelay)
        {
            var version = await catalog.FindVersion(workspace, id, cancellationToken);
            var left = timeout - clock.GetElapsedTime(begun);
            if (version is not { Serving.Status: ServingStatus.Starting } || !version.State.IsActive() || left <= TimeSpan.Zero)
            {
                return version;
            }

            await Task.Delay(delay < left ? delay : left, clock, cancellationToken);
        }
    }
}
