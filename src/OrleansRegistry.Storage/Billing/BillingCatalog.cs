using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using OrleansRegistry.Billing;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Billing;

/// <inheritdoc/>
internal sealed class BillingCatalog(RegistryDatabase database) : IBillingCatalog
{
    private const string Version = "select workspace, model_id, ordinal, payload from catalog_version";

    private const string Closed = """
        select key, payload -> 'statement' ->> 'closed_at' as closed_at, payload -> 'statement' ->> 'currency' as currency,
               payload -> 'statement' ->> 'total_amount' as total_amount
        from registry_state
        """;

    private const string FirstUsage = """
        select min(started_at), (select min(running_since) from registry_state
                                 where workspace = @workspace and kind = 'version' and (running_since is not null or state is null))
        from registry_usage where workspace = @workspace
        """;

    public Task<T> Fold<T>(string workspace, UsageWindow window, Func<T> seed, Action<T, UsageSum> add, CancellationToken cancellationToken) => database.Read(
        async connection =>
        {
            var sums = seed();
            await using var command = UsageQuery.On(connection, workspace, window);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                foreach (var sum in Read(reader, window))
                {
                    add(sums, sum);
                }
            }

            return sums;
        },
        cancellationToken);

    public Task<VersionUsage?> FindUsage(string workspace, VersionId id, DateTimeOffset now, CancellationToken cancellationToken) => database.Read(
        async connection => (await CatalogReader.Read(
            connection,
            new CatalogQuery(Version).Where("workspace = {0} and model_id = {1} and ordinal = {2}", workspace, id.ModelId, id.Ordinal),
            row => UsageOf(CatalogReader.Version(row), now),
            cancellationToken)).FirstOrDefault(),
        cancellationToken);

    public Task<DateTimeOffset?> FindFirstUsage(string workspace, CancellationToken cancellationToken) => database.Read(
        async connection =>
        {
            await using var command = new CatalogQuery(FirstUsage).On(connection);
            command.AddParameters([("workspace", workspace)]);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            DateTimeOffset? closed = await reader.IsDBNullAsync(0, cancellationToken) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(0));
            return CatalogReader.Text(reader, 1) is { } running && Instant(running) is var since && !(closed < since) ? since : closed;
        },
        cancellationToken);

    public Task<StatementView?> FindStatement(
        string workspace, BillingMonth month, CancellationToken cancellationToken) => database.Read(
        async connection => (await CatalogReader.Read(
            connection,
            new CatalogQuery("select key, cast(payload as text) from registry_state")
                .Where("kind = 'billing' and key = {0}", GrainKeys.Billing(workspace, month)),
            row => StateJson.Read<StatementState>(CatalogReader.Text(row, 1), row.GetString(0)).Statement,
            cancellationToken)).FirstOrDefault(),
        cancellationToken);

    public Task<ImmutableArray<StatementLine>> ListStatementLines(
        string workspace, BillingMonth month, int skip, int take, CancellationToken cancellationToken)
    {
        var key = GrainKeys.Billing(workspace, month);
        var query = new CatalogQuery("select line from registry_statement_line")
            .Where("statement = {0} and place >= {1}", key, skip)
            .Where(
                "closing = (select payload ->> 'last_command' from registry_state where kind = 'billing' and key = {0})",
                key)
            .OrderBy("place");
        return database.Read(
            connection => CatalogReader.Read(
                connection, query, row => StateJson.Read<StatementLine>(row.GetString(0), key), cancellationToken, take),
            cancellationToken);
    }

    public Task StoreStatementLines(
        string workspace,
        BillingMonth month,
        Guid closing,
        int place,
        ImmutableArray<StatementLine> lines,
        CancellationToken cancellationToken) => Write(
        $"""
        insert into registry_statement_line (statement, closing, place, line)
            select @statement, @closing, @place + place, item
            from ({string.Format(CultureInfo.InvariantCulture, database.ItemsOf, "@lines")}) as items
        """,
        [
            ("statement", GrainKeys.Billing(workspace, month)), ("closing", closing.ToString()), ("place", place),
            ("lines", Encoding.UTF8.GetString(StateJson.Write(lines))),
        ],
        cancellationToken);

    public Task RemoveOtherStatementLines(
        string workspace, BillingMonth month, Guid closing, CancellationToken cancellationToken) => Write(
        "delete from registry_statement_line where statement = @statement and closing <> @closing",
        [("statement", GrainKeys.Billing(workspace, month)), ("closing", closing.ToString())],
        cancellationToken);

    public Task<ImmutableArray<ClosedMonth>> ListClosed(string workspace, CancellationToken cancellationToken) => database.Read(
        connection => CatalogReader.Read(
            connection,
            new CatalogQuery(Closed)
                .Where("kind = 'billing' and key > {0} and key < {1}", $"billing/{workspace}/", $"billing/{workspace}0")
                .OrderBy("key"),
            row => CatalogReader.Guard(row.GetString(0), () => new ClosedMonth(
                BillingMonth.TryParse(GrainKeys.Split(row.GetString(0)).Id, out var month) ? month : throw new FormatException("The key names no month."),
                Instant(CatalogReader.Required(row, 1)),
                CatalogReader.Required(row, 2),
                CatalogReader.Required(row, 3))),
            cancellationToken),
        cancellationToken);

    public Task<ImmutableArray<string>> ListRated(CancellationToken cancellationToken) => database.Read(
        connection => CatalogReader.Read(
            connection,
            new CatalogQuery("select workspace from registry_state").Where("kind = 'rates' and key > 'rates/' and key < 'rates0'"),
            row => row.GetString(0),
            cancellationToken),
        cancellationToken);

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
            throw new RegistryUnavailableException($"Lines of a statement can't be stored now: {e.Message}");
        }
    }

    private static UsageSum[] Read(DbDataReader row, UsageWindow window)
    {
        var id = new VersionId(row.GetString(0), row.GetInt32(1));
        return CatalogReader.Guard($"version {id}", () =>
        {
            if (row.IsDBNull(3))
            {
                throw new StateCorruptException($"The stored state of version {id} is not readable, so that its active time is not known.");
            }

            var first = new UsageSum
            {
                Id = id,
                ModelName = row.GetString(2),
                Version = row.GetString(3),
                Stage = row.GetString(4) switch { "draft" => Stage.Draft, "published" => Stage.Published, var other => throw new FormatException(other) },
                InstanceType = CatalogReader.Text(row, 5),
                Part = 0,
                Milliseconds = 0,
            };
            var parts = CatalogReader.Text(row, 11) is { } since
                ? UsageParts.Running(window, Instant(since))
                : UsageParts.Of(window, row.GetInt32(6), row.GetInt32(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10));
            return parts.Where(part => part.Milliseconds > 0).Select(part => first with { Part = part.Part, Milliseconds = part.Milliseconds }).ToArray();
        });
    }

    private static VersionUsage UsageOf(ModelVersionState version, DateTimeOffset now)
    {
        var (draft, published) = (version.Meter.DraftMilliseconds, version.Meter.PublishedMilliseconds);
        var running = version.Meter.RunningSince is { } since && since < now ? (long)(now - since).TotalMilliseconds : 0;
        _ = version.Stage switch { Stage.Draft => draft += running, Stage.Published => published += running };
        return new VersionUsage
        {
            VersionId = new VersionId(version.ModelId, version.Ordinal).ToString(),
            InstanceType = version.InstanceType,
            DraftSeconds = Seconds(draft),
            PublishedSeconds = Seconds(published),
            TotalSeconds = Seconds(draft + published),
            RunningSince = version.Meter.RunningSince,
            AsOf = now,
        };
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static decimal Seconds(long milliseconds) => milliseconds / 1000m;
}
