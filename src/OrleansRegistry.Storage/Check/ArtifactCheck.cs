using System.Collections.Immutable;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Storage.Artifacts;
using OrleansRegistry.Storage.Catalog;

namespace OrleansRegistry.Storage.Check;

/// <summary>
/// Compares artifacts with their files, and the rows of files with what is on the disk (rule F8). Uploads go on
/// meanwhile: a file that has a row is not reported.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="files">The disk; null to look at rows only.</param>
/// <param name="cancellationToken">Ends it.</param>
internal sealed class ArtifactCheck(RegistryDatabase database, IArtifactFiles? files, CancellationToken cancellationToken)
{
    private const int PageSize = 500;

    private const string Lines = """
        select line.path, line.sha256, line.size, file.is_complete
        from registry_artifact_file as line
        left join registry_file as file on file.workspace = line.workspace and file.sha256 = line.sha256
        """;

    private readonly ArtifactCatalog _catalog = new(database);

    /// <summary>What is wrong with an artifact.</summary>
    public async Task<ImmutableArray<Finding>> Compare(string key, ArtifactState artifact)
    {
        if (artifact.RemovedAt is not null)
        {
            return [];
        }

        var (workspace, digest) = GrainKeys.Split(key);
        var lines = await database.Read(
            connection => CatalogReader.Read(
                connection,
                new CatalogQuery(Lines).Where("line.workspace = {0} and line.digest = {1}", workspace, digest).OrderBy("line.path"),
                row => (Path: row.GetString(0), Sha256: row.GetString(1), Size: row.GetInt64(2), IsThere: !row.IsDBNull(3) && row.GetBoolean(3)),
                cancellationToken),
            cancellationToken);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        // What is about to be collected may have lost a part of its list already.
        if (lines.Length != artifact.FileCount && artifact.MarkedAt is null)
        {
            findings.Add(new Finding(key, $"has {lines.Length} of its {artifact.FileCount} files"));
        }

        foreach (var line in lines)
        {
            if (!line.IsThere)
            {
                findings.Add(new Finding(key, $"has the file {line.Path}, which was not uploaded"));
            }
            else if (files is not null && !await files.Has(workspace, line.Sha256, line.Size))
            {
                findings.Add(new Finding(key, $"has lost the file {line.Path} ({line.Sha256})"));
            }
        }

        return findings.ToImmutable();
    }

    /// <summary>Files on the disk that no row knows.</summary>
    public async Task<ImmutableArray<Finding>> FindUnknown()
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (var workspace in (files?.List() ?? []).GroupBy(file => file.Workspace))
        {
            foreach (var some in workspace.Chunk(PageSize))
            {
                var known = (await _catalog.FindStored(workspace.Key, [.. some.Select(file => file.Sha256)], cancellationToken))
                    .Select(file => file.Sha256)
                    .ToHashSet(StringComparer.Ordinal);
                findings.AddRange(some.Where(file => !known.Contains(file.Sha256)).Select(file => new Finding(
                    GrainKeys.Upload(workspace.Key, file.Sha256), "is a file on the disk that was never uploaded here")));
            }
        }

        return findings.ToImmutable();
    }
}
