using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Storage.Catalog;

namespace OrleansRegistry.Storage.Artifacts;

/// <inheritdoc/>
internal sealed class ArtifactCatalog(RegistryDatabase database) : IArtifactCatalog
{
    /// <summary>Few enough for the time that a statement has.</summary>
    private const int LinesAtOnce = 1000;

    private const string States = "select key, cast(payload as text) from registry_state";
    private const string Lines = "select path, sha256, size from registry_artifact_file";
    private const string Stored = "select sha256, length, stored, is_complete, changed_at, marked_at from registry_file";

    private const string ArtifactCandidates = """
        select key, cast(payload as text), exists (
            select 1 from catalog_version as version
            where version.workspace = registry_state.workspace and version.state <> 'deleted'
                and version.artifact_digest = substr(key, length(registry_state.workspace) + 11))
        from registry_state
        """;

    private const string FileCandidates = """
        select workspace, sha256, changed_at, marked_at, exists (
            select 1 from registry_artifact_file as line
            where line.workspace = registry_file.workspace and line.sha256 = registry_file.sha256)
        from registry_file
        """;

    // A line is the digest, the size in 16 digits, and the path.
    private const string InsertLines = """
        insert into registry_artifact_file (workspace, digest, path, sha256, size)
            select @workspace, @digest, substr(item, 81), substr(item, 1, 64), cast(substr(item, 65, 16) as bigint)
            from ({0}) as items where true
            on conflict (workspace, digest, path) do nothing
        """;

    private const string UpsertFile = """
        insert into registry_file (workspace, sha256, length, stored, is_complete, changed_at, marked_at)
            values (@workspace, @sha256, @length, @stored, @is_complete, @changed_at, @marked_at)
            on conflict (workspace, sha256) do update
            set length = excluded.length, stored = excluded.stored, is_complete = excluded.is_complete,
                changed_at = excluded.changed_at, marked_at = excluded.marked_at
        """;

    public async Task<StoredArtifact?> FindArtifact(string workspace, string digest, CancellationToken cancellationToken)
    {
        if (await FindRow(workspace, digest, cancellationToken) is not { } artifact)
        {
            return null;
        }

        var files = await List(
            new CatalogQuery(Lines).Where("workspace = {0} and digest = {1}", workspace, digest).OrderBy("path"), ReadLine, cancellationToken);
        return files.Length == artifact.FileCount
            ? new StoredArtifact
            {
                Digest = digest,
                Format = artifact.Format,
                Requires = artifact.Requires,
                Files = files,
                SizeBytes = artifact.SizeBytes,
                CreatedAt = artifact.CreatedAt,
                CreatedBy = artifact.CreatedBy,
            }
            : throw new StateCorruptException($"Artifact {digest} has {files.Length} of its {artifact.FileCount} files.");
    }

    public async Task<bool> HasArtifact(string workspace, string digest, CancellationToken cancellationToken) =>
        await FindRow(workspace, digest, cancellationToken) is not null;

    public async Task<ArtifactFile?> FindFile(string workspace, string digest, string path, CancellationToken cancellationToken) =>
        await FindRow(workspace, digest, cancellationToken) is null ? null : (await List(
            new CatalogQuery(Lines).Where("workspace = {0} and digest = {1} and path = {2}", workspace, digest, path), ReadLine, cancellationToken)).FirstOrDefault();

    public Task<bool> IsDeployed(string workspace, string digest, CancellationToken cancellationToken) => Any(
        new CatalogQuery("select 1 from catalog_version").Where("workspace = {0} and artifact_digest = {1}", workspace, digest).Where("state <> 'deleted'"),
        cancellationToken);

    public async Task StoreFiles(string workspace, string digest, ImmutableArray<ArtifactFile> files, CancellationToken cancellationToken)
    {
        foreach (var some in files.Chunk(LinesAtOnce))
        {
            var lines = some.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Sha256}{file.Size:D16}{file.Path}"));
            await Write(
                InsertLines.Replace("{0}", database.TextsOf.Replace("{0}", "@lines", StringComparison.Ordinal), StringComparison.Ordinal),
                [("workspace", workspace), ("digest", digest), ("lines", Json(lines))],
                cancellationToken);
        }
    }

    public Task RemoveFiles(string workspace, string digest, CancellationToken cancellationToken) => Write(
        "delete from registry_artifact_file where workspace = @workspace and digest = @digest",
        [("workspace", workspace), ("digest", digest)],
        cancellationToken);

    public async Task<ImmutableArray<StoredFile>> FindStored(string workspace, IReadOnlyCollection<string> sha256, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<StoredFile>();
        foreach (var some in sha256.Chunk(LinesAtOnce))
        {
            var query = new CatalogQuery(Stored).Where("workspace = {0}", workspace);
            var names = string.Format(CultureInfo.InvariantCulture, database.TextsOf, query.Parameter(Json(some)));
            found.AddRange(await List(query.Where($"sha256 in (select item from ({names}) as items)"), ReadStored, cancellationToken));
        }

        return found.ToImmutable();
    }

    public Task Store(string workspace, StoredFile file, CancellationToken cancellationToken) => Write(
        UpsertFile,
        [
            ("workspace", workspace), ("sha256", file.Sha256), ("length", file.Length), ("stored", file.Stored), ("is_complete", file.IsComplete),
            ("changed_at", file.ChangedAt.ToUnixTimeMilliseconds()),
            ("marked_at", file.MarkedAt is { } marked ? marked.ToUnixTimeMilliseconds() : DBNull.Value),
        ],
        cancellationToken);

    public Task Remove(string workspace, string sha256, CancellationToken cancellationToken) => Write(
        "delete from registry_file where workspace = @workspace and sha256 = @sha256",
        [("workspace", workspace), ("sha256", sha256)],
        cancellationToken);

    public Task<bool> IsInArtifact(string workspace, string sha256, CancellationToken cancellationToken) => Any(
        new CatalogQuery("select 1 from registry_artifact_file").Where("workspace = {0} and sha256 = {1}", workspace, sha256), cancellationToken);

    public Task<ImmutableArray<CollectionCandidate>> ListArtifacts(string after, int limit, CancellationToken cancellationToken) => List(
        new CatalogQuery(ArtifactCandidates).Where("kind = 'artifact' and key > {0}", after).Where("payload ->> 'removed_at' is null").OrderBy("key"),
        row =>
        {
            var artifact = StateJson.Read<ArtifactState>(CatalogReader.Text(row, 1), row.GetString(0));
            return new CollectionCandidate(row.GetString(0), row.GetBoolean(2), artifact.UnusedSince, artifact.MarkedAt);
        },
        cancellationToken,
        limit);

    public Task<ImmutableArray<CollectionCandidate>> ListFiles(string after, int limit, CancellationToken cancellationToken)
    {
        var (workspace, sha256) = after.Length == 0 ? ("", "") : GrainKeys.Split(after);
        return List(
            new CatalogQuery(FileCandidates).Where("(workspace, sha256) > ({0}, {1})", workspace, sha256).OrderBy("workspace, sha256"),
            row => new CollectionCandidate(
                GrainKeys.Upload(row.GetString(0), row.GetString(1)),
                row.GetBoolean(4),
                row.GetBoolean(4) ? null : Instant(row, 2),
                row.IsDBNull(3) ? null : Instant(row, 3)),
            cancellationToken,
            limit);
    }

    private async Task<ArtifactState?> FindRow(string workspace, string digest, CancellationToken cancellationToken)
    {
        var key = GrainKeys.OfArtifact(workspace, digest);
        var rows = await List(
            new CatalogQuery(States).Where("kind = 'artifact' and key = {0}", key),
            row => StateJson.Read<ArtifactState>(CatalogReader.Text(row, 1), key),
            cancellationToken);
        return rows is [{ IsThere: true } artifact] ? artifact : null;
    }

    private async Task<bool> Any(CatalogQuery query, CancellationToken cancellationToken) =>
        !(await List(query, row => row.GetValue(0), cancellationToken, limit: 1)).IsEmpty;

    private Task<ImmutableArray<T>> List<T>(CatalogQuery query, Func<DbDataReader, T> read, CancellationToken cancellationToken, int? limit = null) =>
        database.Read(connection => CatalogReader.Read(connection, query, read, cancellationToken, limit), cancellationToken);

    [SuppressMessage(
        "Security", "CA2100", Justification = "The text is put together from constants; every value is a parameter.")]
    private async Task Write(string sql, (string Name, object Value)[] values, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.AddParameters(values);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            throw new RegistryUnavailableException($"Rows of artifacts can't be stored now: {e.Message}");
        }
    }

    private static string Json(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts], StateJson.Default.ImmutableArrayString);

    private static ArtifactFile ReadLine(DbDataReader row) =>
        new() { Path = row.GetString(0), Sha256 = row.GetString(1), Size = row.GetInt64(2) };

    private static StoredFile ReadStored(DbDataReader row) => new()
    {
        Sha256 = row.GetString(0),
        Length = row.GetInt64(1),
        Stored = row.GetInt64(2),
        IsComplete = row.GetBoolean(3),
        ChangedAt = Instant(row, 4),
        MarkedAt = row.IsDBNull(5) ? null : Instant(row, 5),
    };

    private static DateTimeOffset Instant(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
