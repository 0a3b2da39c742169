using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry.Storage.Schema;

/// <summary>
/// Brings a database's schema up to date: every missing step, then the repeatable script if the database has an older one, all in one
/// transaction, one node at a time.
/// </summary>
internal static class SchemaRunner
{
    /// <summary>Runs the scripts that the database has not seen.</summary>
    /// <exception cref="StartupException">The database was made by a newer build, or before the first release.</exception>
    public static async Task Run(
        DbConnection connection, RegistryDatabase database, SchemaScripts scripts, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Execute(connection, transaction, database.LockSchema, cancellationToken, database.SchemaSeconds);
        await Execute(
            connection, transaction, "create table if not exists registry_schema (version integer primary key)", cancellationToken);

        var present = await Number(connection, transaction, "select coalesce(max(version), 0) from registry_schema", cancellationToken);
        Refuse(present, database, scripts.Steps);
        foreach (var step in scripts.Steps.Where(step => step.Number > present))
        {
            await Execute(connection, transaction, step.Sql, cancellationToken, database.SchemaSeconds);
            await Note(connection, transaction, "insert into registry_schema (version) values (@number)", step, cancellationToken);
        }

        var repeatable = await Number(
            connection, transaction, "select coalesce(max(number), 0) from registry_repeatable", cancellationToken);
        if (scripts.Repeatable.Number > repeatable)
        {
            await Execute(connection, transaction, scripts.Repeatable.Sql, cancellationToken, database.SchemaSeconds);
            await Note(
                connection, transaction, "insert into registry_repeatable (number) values (@number)", scripts.Repeatable, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static void Refuse(int present, RegistryDatabase database, IReadOnlyList<SchemaScript> steps)
    {
        if (present > steps[^1].Number)
        {
            throw new StartupException(
                $"{database.Describe()} has schema version {present}; this build knows versions up to {steps[^1].Number}. Run the newer build, or restore a backup.");
        }

        if (present > 0 && present < steps[0].Number)
        {
            throw new StartupException(
                $"{database.Describe()} has schema version {present}: it was made before the first release and can't be taken over. Use an empty one.");
        }
    }

    private static Task Note(
        DbConnection connection, DbTransaction transaction, string sql, SchemaScript script, CancellationToken cancellationToken) =>
        Execute(connection, transaction, sql, cancellationToken, null, ("number", script.Number));

    private static async Task Execute(
        DbConnection connection,
        DbTransaction transaction,
        string sql,
        CancellationToken cancellationToken,
        int? seconds = null,
        params (string Name, object Value)[] parameters)
    {
        await using var command = Command(connection, transaction, sql, parameters);
        command.CommandTimeout = seconds ?? command.CommandTimeout;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<int> Number(DbConnection connection, DbTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, sql, []);
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is a constant or a script of this assembly.")]
    private static DbCommand Command(DbConnection connection, DbTransaction transaction, string sql, (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.AddParameters(parameters);
        return command;
    }
}
