using System.Collections.Immutable;
using System.Data.Common;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Models;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Storage.Check;

/// <summary>
/// Goes through all rows in order of their keys, some in each snapshot, so that what a node writes meanwhile is no
/// disagreement.
/// </summary>
internal sealed class RowCheck(
    RegistryDatabase database, DbConnection connection, ArtifactCheck artifacts, CancellationToken cancellationToken)
{
    // Small enough for the time that a statement has.
    private const int PageSize = 500;
    private const int LinesPageSize = 10_000;

    private const string Models = "select workspace, model_id, payload, key from catalog_model";
    private const string Versions = "select workspace, model_id, ordinal, payload, key, has_model from catalog_version";
    private const string States = "select key, cast(payload as text) from registry_state";
    private const string Usage = "select ordinal, stage, started_at, ended_at from registry_usage";
    private const string Pruned = "select model_id from registry_pruned";
    private const string Events = "select 0, type, at, workspace, model_id, null, version_id, null, actor, actor_name, comment, data from registry_event";

    private readonly ImmutableArray<Finding>.Builder _findings = ImmutableArray.CreateBuilder<Finding>();

    /// <summary>Everything that is wrong.</summary>
    public async Task<ImmutableArray<Finding>> Run()
    {
        await Each(() => new CatalogQuery(Models), ReadModel, Audit);
        await Each(() => new CatalogQuery(Versions), ReadVersion, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'name'"), ReadName, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'traffic'"), ReadTraffic, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'rates'"), ReadRates, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'billing'"), ReadStatement, AuditStatement);
        await Each(() => new CatalogQuery(States).Where("kind = 'webhook'"), ReadWebhook, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'key'"), ReadKey, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'workspace'"), ReadWorkspace, Report);
        await Each(() => new CatalogQuery(States).Where("kind = 'artifact'"), ReadArtifact, AuditArtifact);
        _findings.AddRange(await artifacts.FindUnknown());
        return _findings.ToImmutable();
    }

    private async Task Each<T>(Func<CatalogQuery> select, Func<DbDataReader, Row<T>> read, Func<Row<T>, Task> check)
    {
        var last = "";
        ImmutableArray<Row<T>> rows;
        do
        {
            await Execute(database.BeginSnapshot);
            try
            {
                rows = await CatalogReader.Read(connection, select().Where("key > {0}", last).OrderBy("key"), read, cancellationToken, PageSize);
                foreach (var row in rows)
                {
                    last = row.Key;
                    await Check(row, check);
                }
            }
            catch (DbException e) when (database.IsDamage(e))
            {
                // The rest of them is on pages that nothing leads to any more.
                rows = [];
                _findings.Add(new Finding(last.Length == 0 ? "rows" : last, $"is the last before rows that can't be read: {e.Message}"));
            }

            await EndSnapshot();
        }
        while (rows.Length == PageSize);
    }

    /// <summary>SQLite tells of a damage once more at the end of a transaction that has met it.</summary>
    private async Task EndSnapshot()
    {
        try
        {
            await Execute("commit");
        }
        catch (DbException e) when (database.IsDamage(e))
        {
            // The transaction has only read.
        }
    }

    /// <summary>Goes on with the next row where something that belongs to one is damaged.</summary>
    private async Task Check<T>(Row<T> row, Func<Row<T>, Task> check)
    {
        try
        {
            await check(row);
        }
        catch (DbException e) when (database.IsDamage(e))
        {
            _findings.Add(new Finding(row.Key, $"can't be compared with what belongs to it: {e.Message}"));
        }
    }

    private Task Report<T>(Row<T> row)
    {
        if (row.Finding is { } finding)
        {
            _findings.Add(finding);
        }

        return Task.CompletedTask;
    }

    /// <summary>Compares what belongs to a model; what can't be read of it is reported where its row is.</summary>
    private async Task Audit(Row<ModelState> row)
    {
        await Report(row);
        if (row.State is not { } model)
        {
            return;
        }

        await CheckName(model);
        var events = await CatalogReader.Read(
            connection,
            new CatalogQuery(Events).Where("workspace = {0} and model_id = {1}", model.Workspace, model.Id).OrderBy("revision, n"),
            happened => Read(row.Key, () => CatalogReader.Event(happened)),
            cancellationToken);
        foreach (var happened in events)
        {
            await Report(happened);
        }

        var versions = await CatalogReader.Read(
            connection,
            new CatalogQuery(Versions).Where("workspace = {0} and model_id = {1}", model.Workspace, model.Id),
            ReadVersion,
            cancellationToken);
        if (events.All(happened => happened.State is not null) && versions.All(version => version.State is not null))
        {
            IReadOnlyList<RegistryEvent>? history = await IsPruned(model) ? null : [.. events.Select(happened => happened.State!)];
            _findings.AddRange(ModelAudit.Compare(model, [.. versions.Select(version => version.State!)], history));
            _findings.AddRange(UsageAudit.Compare(model.Id, [.. versions.Select(version => version.State!)], await ReadUsage(model)));
        }
    }

    private async Task AuditArtifact(Row<ArtifactState> row)
    {
        await Report(row);
        if (row.State is { } artifact)
        {
            _findings.AddRange(await artifacts.Compare(row.Key, artifact));
        }
    }

    /// <summary>Compares a closed month with its lines.</summary>
    private async Task AuditStatement(Row<StatementState> row)
    {
        await Report(row);
        if (row.State is not { } stored)
        {
            return;
        }

        var sum = 0L;
        var place = 0;
        ImmutableArray<Row<StatementLine>> lines;
        do
        {
            lines = await CatalogReader.Read(
                connection,
                new CatalogQuery("select line from registry_statement_line")
                    .Where("statement = {0} and closing = {1}", row.Key, stored.LastCommand.ToString())
                    .Where("place >= {0}", place)
                    .OrderBy("place"),
                line => Read(
                    row.Key, () => StateJson.Read<StatementLine>(line.GetString(0), "a line of the statement")),
                cancellationToken,
                LinesPageSize);
            foreach (var line in lines)
            {
                await Report(line);
                sum += line.State?.ActiveMilliseconds ?? 0;
            }

            place += lines.Length;
        }
        while (lines.Length == LinesPageSize);

        if (sum != stored.Statement.TotalMilliseconds)
        {
            _findings.Add(new Finding(
                row.Key, $"is a bill of {stored.Statement.TotalMilliseconds} ms, but its lines add up to {sum} ms"));
        }
    }

    private async Task<bool> IsPruned(ModelState model) => (await CatalogReader.Read(
        connection,
        new CatalogQuery(Pruned).Where("workspace = {0} and model_id = {1}", model.Workspace, model.Id),
        row => row.GetString(0),
        cancellationToken)).Length > 0;

    private Task<ImmutableArray<StoredInterval>> ReadUsage(ModelState model) => CatalogReader.Read(
        connection,
        new CatalogQuery(Usage).Where("workspace = {0} and model_id = {1}", model.Workspace, model.Id).OrderBy("ordinal, started_at"),
        row => new StoredInterval(row.GetInt32(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3)),
        cancellationToken);

    private async Task CheckName(ModelState model)
    {
        var names = await CatalogReader.Read(
            connection,
            new CatalogQuery(States).Where("kind = 'name' and key = {0}", GrainKeys.Name(model.Workspace, model.Name)),
            ReadName,
            cancellationToken);
        var isFound = names.Any(name => name.State is null || name.State.ModelId == model.Id);
        if (model.DeletedAt is null && !isFound)
        {
            _findings.Add(new Finding($"model {model.Id}", $"is not the one that the name {model.Name} leads to"));
        }
    }

    private async Task Execute(string sql)
    {
        await using var command = new CatalogQuery(sql).On(connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Row<ModelState> ReadModel(DbDataReader row) => Read(row.GetString(3), () => CatalogReader.Model(row));

    private static Row<ModelVersionState> ReadVersion(DbDataReader row) => row.GetBoolean(5)
        ? Read(row.GetString(4), () => CatalogReader.Version(row))
        : new Row<ModelVersionState>(row.GetString(4), null, new Finding(row.GetString(4), "is the row of a version that belongs to no model"));

    private static Row<ModelNameState> ReadName(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<ModelNameState>(CatalogReader.Text(row, 1), "the name"));

    private static Row<TrafficState> ReadTraffic(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<TrafficState>(CatalogReader.Text(row, 1), "the traffic"));

    private static Row<RatesState> ReadRates(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<RatesState>(CatalogReader.Text(row, 1), "the rates"));

    private static Row<StatementState> ReadStatement(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<StatementState>(CatalogReader.Text(row, 1), "the statement"));

    private static Row<WebhookRow> ReadWebhook(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<WebhookRow>(CatalogReader.Text(row, 1), "the webhook"));

    private static Row<ApiKeyState> ReadKey(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<ApiKeyState>(CatalogReader.Text(row, 1), "the API key"));

    private static Row<ArtifactState> ReadArtifact(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<ArtifactState>(CatalogReader.Text(row, 1), "the artifact"));

    private static Row<WorkspaceState> ReadWorkspace(DbDataReader row) =>
        Read(row.GetString(0), () => StateJson.Read<WorkspaceState>(CatalogReader.Text(row, 1), "the workspace"));

    private static Row<T> Read<T>(string key, Func<T> read)
        where T : class
    {
        try
        {
            return new Row<T>(key, read(), null);
        }
        catch (StateCorruptException e)
        {
            return new Row<T>(key, null, new Finding(key, e.Message));
        }
    }

    private sealed record Row<T>(string Key, T? State, Finding? Finding);
}
