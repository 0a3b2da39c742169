using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Models;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Catalog;

/// <inheritdoc/>
internal sealed partial class RegistryCatalog(RegistryDatabase database, ILogger<RegistryCatalog> logger) : IRegistryCatalog
{
    // As WorkspaceUse.OfFile counts. The parameter is that of the condition.
    private const string Use = """
        select count(*), coalesce(sum(version_count), 0), coalesce(sum(active_count), 0), (
            select coalesce(cast(sum(case when length < 4096 then 4096 else length end) as bigint), 0)
            from registry_file where workspace = @p0)
        from registry_state
        """;

    // Versions that the registry runs are found among those that were deployed with an artifact. Where the database took
    // those out that are there twice, it would read all versions in their order.
    private const string Served = """
        select workspace, model_id from registry_state where kind = 'version' and serving_status = 'starting'
        union all
        select workspace, model_id from registry_state
        where kind = 'version' and artifact_digest is not null and serving_status in ('ready', 'restarting')
            and (payload -> 'serving' -> 'runtime') is not null
        """;

    private const string Managed = """
        select workspace, model_id, ordinal, payload -> 'serving' ->> 'start', serving_status = 'ready', instance_type
        from registry_state
        where kind = 'version' and artifact_digest is not null and serving_status in ('starting', 'ready', 'restarting')
            and (payload -> 'serving' -> 'runtime') is not null
        """;

    private const string Models = "select workspace, model_id, payload, revision from catalog_model";
    private const string Versions = "select workspace, model_id, ordinal, payload, revision, is_primary, model_deleted_at from catalog_version";
    private const string Events = "select * from catalog_event";

    public Task<CatalogModel?> FindModel(string workspace, string modelId, CancellationToken cancellationToken) => First(
        new CatalogQuery(Models).Where("key = {0}", GrainKeys.Model(workspace, modelId)),
        row => new CatalogModel(ReadModel(row), CatalogReader.Model(row).DeletedAt),
        cancellationToken);

    public Task<string?> FindModelId(string workspace, string name, CancellationToken cancellationToken) => First(
        new CatalogQuery("select model_id from catalog_model").Where("workspace = {0} and name = {1} and deleted_at is null", workspace, name),
        row => row.GetString(0),
        cancellationToken);

    public Task<ImmutableArray<ModelView>> ListModels(
        string workspace, ModelFilter filter, int limit, CancellationToken cancellationToken) => Readable(
        connection => new ListQueries(database, connection, cancellationToken).Models(workspace, filter),
        limit,
        ReadModel,
        cancellationToken);

    public Task<VersionView?> FindVersion(string workspace, VersionId id, CancellationToken cancellationToken) => First(
        new CatalogQuery(Versions).Where("workspace = {0} and model_id = {1} and ordinal = {2}", workspace, id.ModelId, id.Ordinal),
        ReadVersion,
        cancellationToken);

    public Task<VersionView?> FindVersion(string workspace, string modelId, string number, CancellationToken cancellationToken) => First(
        new CatalogQuery(Versions).Where("workspace = {0} and model_id = {1} and number = {2}", workspace, modelId, number),
        ReadVersion,
        cancellationToken);

    public Task<ImmutableArray<VersionView>> ListVersions(
        string workspace, string modelId, VersionFilter filter, int limit, CancellationToken cancellationToken) => Readable(
        connection => new ListQueries(database, connection, cancellationToken).Versions(workspace, modelId, filter),
        limit,
        ReadVersion,
        cancellationToken);

    public async Task<(ImmutableArray<VersionView> Above, ImmutableArray<VersionView> Below)> ListNearest(
        string workspace, string modelId, string? number, int limit, CancellationToken cancellationToken)
    {
        var below = ListQueries.ByPrecedence(workspace, modelId);
        if (number is null)
        {
            return ([], await Readable(below.OrderBy("p.precedence desc"), limit, ReadVersion, cancellationToken));
        }

        var precedence = VersionNumbering.Precedence(VersionNumbering.Parse(number));
        var above = ListQueries.ByPrecedence(workspace, modelId).Where("p.precedence > {0}", precedence);
        below.Where("p.precedence <= {0}", precedence);
        return (
            await Readable(above.OrderBy("p.precedence"), limit, ReadVersion, cancellationToken),
            await Readable(below.OrderBy("p.precedence desc"), limit, ReadVersion, cancellationToken));
    }

    public Task<IdempotentDeployment?> FindDeployment(
        string workspace, string modelName, string idempotencyKey, CancellationToken cancellationToken) => First(
        new CatalogQuery(Versions).Where("workspace = {0} and model_name = {1} and idempotency_key = {2}", workspace, modelName, idempotencyKey),
        row => new IdempotentDeployment(ReadVersion(row), CatalogReader.Version(row).Idempotency!.BodyHash),
        cancellationToken);

    public Task<string?> FindLastOfLine(string workspace, string modelId, int major, int? minor, CancellationToken cancellationToken)
    {
        // In a line of major and minor numbers only rise, so that its highest is its last.
        var query = new CatalogQuery("select number from catalog_version")
            .Where("workspace = {0} and model_id = {1} and major = {2}", workspace, modelId, major);
        if (minor is { } line)
        {
            query.Where("minor = {0}", line);
        }

        query.OrderBy("minor desc, ordinal desc");
        var unreadable = new CatalogQuery("select workspace, model_id, ordinal from catalog_version")
            .Where("workspace = {0} and model_id = {1} and major is null", workspace, modelId);
        return database.Read(
            async connection =>
            {
                // A number that can't be read may be the one that is asked for, and must not be given again.
                var lost = await CatalogReader.Read(connection, unreadable, CatalogReader.VersionName, cancellationToken, limit: 1);
                return lost is [var version]
                    ? throw new StateCorruptException($"The number of {version} is not readable, so that the last number of a line is not known.")
                    : (await CatalogReader.Read(connection, query, row => row.GetString(0), cancellationToken, limit: 1)).FirstOrDefault();
            },
            cancellationToken);
    }

    public Task<ImmutableArray<RegistryEvent>> ListEvents(string workspace, EventFilter filter, int limit, CancellationToken cancellationToken)
    {
        var query = new CatalogQuery(Events).Where("workspace = {0} and position > {1}", workspace, filter.After);
        if (filter.ModelId is { } model)
        {
            query.Where("model_id = {0}", model);
        }

        if (filter.VersionId is { } version)
        {
            query.Where("version_id = {0}", version);
        }

        if (!filter.Types.IsDefaultOrEmpty)
        {
            query.Where($"type in ({string.Join(", ", filter.Types.Select(query.Parameter))})");
        }

        if (filter.Actor is { } actor)
        {
            query.Where("actor = {0}", actor);
        }

        if (filter.Since is { } since)
        {
            query.Where("at >= {0}", since.ToInstantText());
        }

        if (filter.Until is { } until)
        {
            query.Where("at < {0}", until.ToInstantText());
        }

        if (filter.Previous is { } previous)
        {
            var isBehind = filter.NewestFirst ? "<" : ">";
            _ = filter.IsByInstant
                ? query.Where($"(at, position) {isBehind} ({{0}}, {{1}})", previous.At.ToInstantText(), previous.Position)
                : query.Where($"position {isBehind} {{0}}", previous.Position);
        }

        var direction = filter.NewestFirst ? " desc" : "";
        query.OrderBy(filter.IsByInstant ? $"at{direction}, position{direction}" : $"position{direction}");
        return Readable(query, limit, CatalogReader.Event, cancellationToken, database.NumberEvents);
    }

    public async Task<ImmutableArray<PrimaryPeriod>> ListPrimaries(
        string workspace, string modelId, EventCursor? previous, int limit, CancellationToken cancellationToken)
    {
        var query = Moves(workspace, modelId).OrderBy("at desc, position desc");
        if (previous is not null)
        {
            query.Where("(at, position) < ({0}, {1})", previous.At.ToInstantText(), previous.Position);
        }

        var moves = await Readable(query, limit, CatalogReader.Event, cancellationToken, database.NumberEvents);
        return PrimaryHistory.Of(moves, previous?.At);
    }

    public async Task<Outcome<PrimaryPeriod>> FindPrimary(
        string workspace, string modelId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (await FindModel(workspace, modelId, cancellationToken) is not { Model: var model })
        {
            return new RegistryError(ErrorCode.ModelNotFound, $"There is no model {modelId}.");
        }

        var range = await FindEventRange(workspace, modelId, cancellationToken);
        var evidence = await database.Read(
            async connection => new PrimaryEvidence
            {
                Last = await FirstEvent(
                    connection, Moves(workspace, modelId).Where("at <= {0}", at.ToInstantText()).OrderBy("at desc, position desc"), cancellationToken),
                Next = await FirstEvent(
                    connection, Moves(workspace, modelId).Where("at > {0}", at.ToInstantText()).OrderBy("at, position"), cancellationToken),
                IsRemoved = range.RemovedTo > 0,
                OldestKept = (await FirstEvent(
                    connection,
                    new CatalogQuery(Events).Where("workspace = {0} and model_id = {1} and position > 0", workspace, modelId).OrderBy("position"),
                    cancellationToken))?.At,
                Present = model.Primary,
            },
            cancellationToken);
        return PrimaryHistory.At(evidence, at);
    }

    public Task<ImmutableArray<RegistryEvent>> ListEvents(long after, int limit, CancellationToken cancellationToken) => Readable(
        new CatalogQuery(Events).Where("position > {0}", after).OrderBy("position"), limit, CatalogReader.Event, cancellationToken, database.NumberEvents);

    public Task<long> FindLastPosition(CancellationToken cancellationToken) => database.Read(
        async connection =>
        {
            await Number(connection, database.NumberEvents, cancellationToken);
            await using var command = new CatalogQuery("select coalesce(max(position), 0) from registry_event").On(connection);
            return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        },
        cancellationToken);

    public Task<EventRange> FindEventRange(string workspace, string? modelId, CancellationToken cancellationToken) => database.Read(
        async connection =>
        {
            await Number(connection, database.NumberEvents, cancellationToken);
            var query = new CatalogQuery(
                """
                select coalesce(max(removed_to), 0), (select coalesce(max(position), 0) from registry_event)
                from registry_pruned
                """).Where("workspace = {0}", workspace);
            if (modelId is not null)
            {
                query.Where("model_id = {0}", modelId);
            }

            return (await CatalogReader.Read(connection, query, row => new EventRange(row.GetInt64(0), row.GetInt64(1)), cancellationToken))[0];
        },
        cancellationToken);

    public Task<ImmutableArray<ModelAddress>> ListStarting(CancellationToken cancellationToken) => database.Read(
        async connection => (await CatalogReader.Read(
            connection,
            new CatalogQuery(Served),
            row => new ModelAddress(row.GetString(0), row.GetString(1)),
            cancellationToken)).Distinct().ToImmutableArray(),
        cancellationToken);

    public Task<ImmutableArray<ModelAddress>> ListFallingBack(ModelAddress? after, int limit, CancellationToken cancellationToken) =>
        database.Read(
            connection => CatalogReader.Read(
                connection,
                new CatalogQuery("select workspace, model_id from registry_state")
                    .Where("kind = 'model' and deleted_at is null and on_unhealthy = 'fall_back'")
                    .Where("(workspace, model_id) > ({0}, {1})", after?.Workspace ?? "", after?.ModelId ?? "")
                    .OrderBy("workspace, model_id"),
                row => new ModelAddress(row.GetString(0), row.GetString(1)),
                cancellationToken,
                limit),
            cancellationToken);

    public Task<ImmutableArray<ManagedVersion>> ListManaged(CancellationToken cancellationToken) => database.Read(
        connection => CatalogReader.Read(
            connection,
            new CatalogQuery(Managed),
            row => new ManagedVersion(
                row.GetString(0),
                new VersionId(row.GetString(1), row.GetInt32(2)),
                int.TryParse(CatalogReader.Text(row, 3), CultureInfo.InvariantCulture, out var start) ? start : 0,
                row.GetBoolean(4),
                CatalogReader.Text(row, 5)),
            cancellationToken),
        cancellationToken);

    public Task<WorkspaceUse> CountUse(string workspace, CancellationToken cancellationToken) => database.Read(
        async connection => (await CatalogReader.Read(
            connection,
            new CatalogQuery(Use).Where("kind = 'model' and deleted_at is null and workspace = {0}", workspace),
            row => new WorkspaceUse(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)),
            cancellationToken))[0],
        cancellationToken);

    /// <summary>The moves of a model's primary, of which the index knows that they are moves.</summary>
    private static CatalogQuery Moves(string workspace, string modelId) => new CatalogQuery(Events).Where(
        $"workspace = {{0}} and model_id = {{1}} and type = '{EventType.PrimaryChanged}' and position is not null", workspace, modelId);

    private static async Task<RegistryEvent?> FirstEvent(DbConnection connection, CatalogQuery query, CancellationToken cancellationToken) =>
        (await CatalogReader.Read(connection, query, CatalogReader.Event, cancellationToken, limit: 1)).FirstOrDefault();

    private Task<T?> First<T>(CatalogQuery query, Func<DbDataReader, T> read, CancellationToken cancellationToken)
        where T : class => database.Read(
        async connection => (await CatalogReader.Read(connection, query, read, cancellationToken)).FirstOrDefault(), cancellationToken);

    /// <summary>
    /// A list leaves out what can't be read: one bad row must not hide the others. It goes on behind it, since a short page is the last.
    /// </summary>
    private Task<ImmutableArray<T>> Readable<T>(
        CatalogQuery query, int limit, Func<DbDataReader, T> read, CancellationToken cancellationToken, string? before = null)
        where T : class => Readable(
        async connection =>
        {
            await Number(connection, before, cancellationToken);
            return query;
        },
        limit,
        read,
        cancellationToken);

    private Task<ImmutableArray<T>> Readable<T>(
        Func<DbConnection, Task<CatalogQuery>> select,
        int limit,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken)
        where T : class => database.Read(
        async connection =>
        {
            var query = await select(connection);
            for (var rows = limit; ; rows *= 2)
            {
                var found = await CatalogReader.Read(connection, query, row => ReadOrLog(row, read), cancellationToken, rows);
                var readable = found.OfType<T>().Take(limit).ToImmutableArray();
                if (readable.Length == limit || found.Length < rows)
                {
                    return readable;
                }
            }
        },
        cancellationToken);

    /// <summary>Gives positions to the events that have none yet, where that is a step of its own.</summary>
    private static async Task Number(DbConnection connection, string? sql, CancellationToken cancellationToken)
    {
        if (sql is not null)
        {
            await using var command = new CatalogQuery(sql).On(connection);
            while (Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture) > 0)
            {
            }
        }
    }

    private T? ReadOrLog<T>(DbDataReader row, Func<DbDataReader, T> read)
        where T : class
    {
        try
        {
            return read(row);
        }
        catch (StateCorruptException e)
        {
            LogLeftOut(e.Message);
            return null;
        }
    }

    private static ModelView ReadModel(DbDataReader row) => CatalogReader.Guard($"model {row.GetString(1)}", () => CatalogReader.Model(row).ToView(row.GetInt32(3)));

    private static VersionView ReadVersion(DbDataReader row) => CatalogReader.Guard(CatalogReader.VersionName(row), () => CatalogReader.Version(row).ToView(
        row.GetBoolean(5), row.GetInt32(4), CatalogReader.Text(row, 6) is { } deleted ? DateTimeOffset.Parse(deleted, CultureInfo.InvariantCulture) : null));

    [LoggerMessage(300, LogLevel.Error, "A row was left out of a list: {Reason}")]
    private partial void LogLeftOut(string reason);
}
