using System.Collections.Immutable;
using System.Data.Common;
using OrleansRegistry.Storage.Catalog;

namespace OrleansRegistry.Storage.Check;

/// <summary>
/// Looks at every stored row and says what is wrong: rows that are empty or can't be read, and every disagreement between a model, its
/// versions and its events. It only reads, model by model, and may run beside a node.
/// </summary>
public static class RegistryCheck
{
    private const string Models = "select model_id, payload, workspace from catalog_model";
    private const string Versions = "select model_id, ordinal, payload from catalog_version";
    private const string Events =
        "select 0, type, at, workspace, model_id, version_id, actor, data from registry_event";

    /// <summary>Checks a database.</summary>
    /// <exception cref="StorageStartException">The database can't be read.</exception>
    public static async Task<ImmutableArray<Finding>> Run(StorageOptions options, CancellationToken cancellationToken)
    {
        await using var database = RegistryStorage.Open(options);
        try
        {
            await using var connection = await database.Readers.OpenConnectionAsync(cancellationToken);
            return await Run(connection, cancellationToken);
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            throw new StorageStartException($"{database.Describe()} can't be checked: {e.Message}", e);
        }
    }

    private static async Task<ImmutableArray<Finding>> Run(DbConnection connection, CancellationToken cancellationToken)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        findings.AddRange(await CatalogReader.Read(
            connection,
            new CatalogQuery("select key, kind from registry_state").Where(
                "(payload is null or (kind in ('model', 'version') and (workspace is null or model_id is null)) or (kind = 'version' and ordinal is null))"),
            row => new Finding(row.GetString(0), $"the stored state of this {row.GetString(1)} can't be read"),
            cancellationToken));
        findings.AddRange(await CatalogReader.Read(
            connection,
            new CatalogQuery("select v.model_id, v.ordinal from catalog_version v left join catalog_model m on m.workspace = v.workspace and m.model_id = v.model_id")
                .Where("m.model_id is null and v.ordinal is not null"),
            row => new Finding($"version {new VersionId(row.GetString(0), row.GetInt32(1))}", "belongs to no model"),
            cancellationToken));

        const int page = 500;
        var (workspace, last) = ("", "");
        while (true)
        {
            var rows = await CatalogReader.Read(
                connection,
                new CatalogQuery(Models).Where("(workspace, model_id) > ({0}, {1})", workspace, last).OrderBy("workspace, model_id", page),
                row => (Id: row.GetString(0), Payload: CatalogReader.Text(row, 1), Workspace: row.GetString(2)),
                cancellationToken);
            foreach (var row in rows)
            {
                findings.AddRange(await Audit(connection, row.Workspace, row.Id, row.Payload, cancellationToken));
            }

            if (rows.Length < page)
            {
                return findings.ToImmutable();
            }

            (workspace, last) = (rows[^1].Workspace, rows[^1].Id);
        }
    }

    private static async Task<IEnumerable<Finding>> Audit(
        DbConnection connection, string workspace, string modelId, string? payload, CancellationToken cancellationToken)
    {
        try
        {
            var model = StoredJson.Read<StoredModel>(payload, $"model {modelId}");
            var versions = await CatalogReader.Read(
                connection,
                new CatalogQuery(Versions).Where("workspace = {0} and model_id = {1}", workspace, modelId),
                row => StoredJson.Read<StoredVersion>(CatalogReader.Text(row, 2), CatalogReader.VersionName(row)),
                cancellationToken);
            var events = await CatalogReader.Read(
                connection,
                new CatalogQuery(Events).Where("workspace = {0} and model_id = {1}", workspace, modelId).OrderBy("revision, n", int.MaxValue),
                CatalogReader.Event,
                cancellationToken);
            return [.. ModelAudit.Compare(model, versions, events)];
        }
        catch (StateCorruptException e)
        {
            return [new Finding($"model {modelId}", e.Message)];
        }
    }
}
