using System.Globalization;
using OrleansRegistry.Events;
using OrleansRegistry.Storage.Catalog;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>What is stored of instants, which a node's clock is compared with (rule H6).</summary>
internal sealed class StoredInstants(RegistryDatabase database)
{
    /// <summary>All events that are stored, for the first look; each further one needs to see those since alone.</summary>
    public const long All = long.MaxValue;

    private const string Setting = "clock_accepted";

    /// <summary>The newest instant of models, and what an operator has said of the clock.</summary>
    /// <param name="latest">How many events, of whatever kind, it may be among.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public Task<(DateTimeOffset? Newest, AcceptedClock? Accepted)> Find(long latest, CancellationToken cancellationToken) => database.Read(
        async connection => (await CatalogReader.Read(
            connection,
            new CatalogQuery(Newest(latest)),
            row => (
                CatalogReader.Text(row, 0) is { } at ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture) : (DateTimeOffset?)null,
                row.IsDBNull(1) ? null : AcceptedClock.Parse(row.GetString(1))),
            cancellationToken)).Single(),
        cancellationToken);

    /// <summary>Stores what an operator says of the clock, with an event of theirs.</summary>
    public async Task Accept(AcceptedClock clock, CancellationToken cancellationToken)
    {
        var accepted = ClockEvents.Accepted(clock);
        await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText =
            """
            insert into registry_setting (name, value) values (@name, @value) on conflict (name) do update set value = excluded.value;
            insert into registry_event (source, revision, n, workspace, type, at, actor, data)
                select @name, 1 + count(*), 1, @workspace, @type, @at, @actor, @data from registry_event where source = @name;
            """;
        command.AddParameters(
        [
            ("name", Setting), ("value", clock.ToString()), ("workspace", GrainKeys.DefaultWorkspace), ("type", accepted.Type),
            ("at", clock.At.ToInstantText()), ("actor", "operator"), ("data", accepted.Data),
        ]);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    // The newest instant is among the last ones: instants of one model rise, and a clock that has gone back by more
    // than a little takes no commands. The plus keeps SQLite from sorting all events by an index.
    private static string Newest(long latest) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        select max(at), (select value from registry_setting where name = '{Setting}')
        from (
            select at from registry_event
            where +model_id is not null and position > (select coalesce(max(position), 0) from registry_event) - {latest}
            order by position desc limit 100)
        """);
}
