namespace OrleansRegistry;

/// <summary>Reads a version, and waits for its serving.</summary>
internal sealed class VersionWatch(IWorkspaceCatalog catalog, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Reads a version: as it is now, or as soon as it is no longer starting, at the latest when patience is over.</summary>
    public async Task<VersionView?> Read(string workspace, VersionId id, TimeSpan patience, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause)
        {
            var version = await catalog.FindVersion(workspace, id, cancellationToken);
            var left = patience - clock.GetElapsedTime(begun);
            if (version is not { Serving.Status: ServingStatus.Starting } || !version.State.IsActive() || left <= TimeSpan.Zero)
            {
                return version;
            }

            await Task.Delay(pause < left ? pause : left, clock, cancellationToken);
        }
    }
}
