using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Storage.Retention;

/// <summary>
/// Removes events that are older than an instant, whose month is closed, and that every enabled webhook of their
/// workspace has been told of. The last event of all stays, so that positions go on from it. Active time is stored
/// apart from events, and stays.
/// </summary>
internal sealed class EventPruner(RegistryDatabase database)
{
    /// <summary>How many positions one transaction looks at; few enough for the time that a statement has.</summary>
    public const int Window = 2000;

    private const string Old = """
        e.position > @from and e.position <= @to and e.position < (select max(position) from registry_event) and e.at < @before
            and exists (select 1 from registry_state as b where b.kind = 'billing' and b.key = 'billing/' || e.workspace || '/' || substr(e.at, 1, 7))
            and not exists (
                select 1 from registry_state as w
                where w.kind = 'webhook' and w.key > 'webhook/' || e.workspace || '/' and w.key < 'webhook/' || e.workspace || '0'
                    and w.payload -> 'webhook' ->> 'state' = 'enabled' and cast(w.payload -> 'webhook' ->> 'last_event_id' as bigint) < e.position)
        """;

    // How far, of each model and of what has none beside them; it never goes back.
    private const string Note = $"""
        insert into registry_pruned (workspace, model_id, removed_to)
            select e.workspace, coalesce(e.model_id, ''), max(e.position) from registry_event as e
            where {Old} group by e.workspace, e.model_id
        on conflict (workspace, model_id) do update set removed_to = excluded.removed_to
            where excluded.removed_to > registry_pruned.removed_to
        """;

    // What has become old since the note was taken is left for the next time.
    private const string Remove = $"""
        delete from registry_event as e
            where {Old} and exists (
                select 1 from registry_pruned as p
                where p.workspace = e.workspace and p.model_id = coalesce(e.model_id, '')
                    and p.removed_to >= e.position)
        """;

    /// <summary>Removes all there are; answers how many.</summary>
    /// <exception cref="DbException">The database can't do it now. What was removed stays so.</exception>
    public async Task<int> Prune(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var instant = before.ToInstantText();
        var removed = 0;
        // Positions grow with time, but for what clocks differ: behind the first event that is not old there is nothing
        // to look for.
        for (var from = 0L; await FindNext(from, cancellationToken) is { } next && string.CompareOrdinal(next.At, instant) < 0; from += Window)
        {
            from = next.Position - 1;
            removed += await PruneWindow(instant, from, cancellationToken);
        }

        return removed;
    }

    private async Task<(long Position, string At)?> FindNext(long from, CancellationToken cancellationToken)
    {
        await using var connection = await database.Readers.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "select position, at from registry_event where position > @from order by position limit 1";
        command.AddParameters([("from", from)]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetString(1)) : null;
    }

    private async Task<int> PruneWindow(string instant, long from, CancellationToken cancellationToken)
    {
        await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        (string, object)[] values = [("from", from), ("to", from + Window), ("before", instant)];
        await Execute(connection, transaction, Note, values, cancellationToken);
        var removed = await Execute(connection, transaction, Remove, values, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return removed;
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is put together from constants; every value is a parameter.")]
    private static async Task<int> Execute(
        DbConnection connection, DbTransaction transaction, string sql, (string, object)[] values, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.AddParameters(values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
