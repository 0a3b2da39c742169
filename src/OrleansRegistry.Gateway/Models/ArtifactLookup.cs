using BitFaster.Caching.Lru;

namespace OrleansRegistry.Gateway;

/// <summary>
/// What was deployed as a version. It never changes, so that what was found out once is kept, and resolving needs the
/// database no more.
/// </summary>
internal sealed class ArtifactLookup(IRegistryCatalog catalog)
{
    private const int MaxKnown = 10_000;

    private readonly ConcurrentLru<(string Workspace, VersionId Id), Artifact?> _known = new(MaxKnown);

    /// <summary>The artifact of a version, or null when it has none.</summary>
    public async ValueTask<Artifact?> Find(string workspace, VersionId id, CancellationToken cancellationToken)
    {
        if (_known.TryGet((workspace, id), out var known))
        {
            return known;
        }

        var version = await catalog.FindVersion(workspace, id, cancellationToken);
        if (version is not null)
        {
            _known.AddOrUpdate((workspace, id), version.Artifact);
        }

        return version?.Artifact;
    }
}
