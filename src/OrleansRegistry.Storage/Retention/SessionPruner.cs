using System.Data.Common;

namespace OrleansRegistry.Storage.Retention;

/// <summary>Removes the rows of browsers' sessions that are over: nobody is let in by them, and nobody looks at them.</summary>
internal sealed class SessionPruner(RegistryDatabase database)
{
    private const string Remove = """
        delete from registry_state
            where kind = 'session' and key > 'session/' and key < 'session0' and payload ->> 'expires_at' < @before
        """;

    /// <summary>Removes those that had to end before an instant; answers how many.</summary>
    /// <exception cref="DbException">The database can't do it now.</exception>
    public async Task<int> Prune(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = Remove;
        command.AddParameters([("before", before.ToInstantText())]);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
