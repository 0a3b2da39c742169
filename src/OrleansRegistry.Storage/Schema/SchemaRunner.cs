using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry.Storage.Schema;

/// <summary>Brings a database's schema up to date: every missing step, all in one transaction, one node at a time.</summary>
internal static class SchemaRunner
{
    /// <summary>Runs the steps that the database has not seen.</summary>
    /// <exception cref="StorageStartException">The database was made by a newer build.</exception>
    public static async Task Run(
        DbConnection connection, RegistryDatabase database, IReadOnlyList<SchemaStep> steps, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Execute(connection, transaction, database.LockSchema, cancellationToken, database.SchemaSeconds);
        await Execute(connection, transaction, "create table if not exists registry_schema (version integer primary key)", cancellationToken);
        await Execute(
            connection, transaction, "create table if not exists OrleansQuery (QueryKey varchar(64) primary key, QueryText text not null)", cancellationToken);

        var newest = steps[^1].Number;
        var present = Convert.ToInt32(
            await Scalar(connection, transaction, "select coalesce(max(version), 0) from registry_schema", cancellationToken), CultureInfo.InvariantCulture);
        if (present > newest)
        {
            throw new StorageStartException(
                $"{database.Describe()} has schema version {present}; this build knows versions up to {newest}. Run the newer build, or restore a backup.");
        }

        foreach (var step in steps.Where(step => step.Number > present))
        {
            await Execute(connection, transaction, step.Sql, cancellationToken, database.SchemaSeconds);
            await Execute(connection, transaction, "insert into registry_schema (version) values (@version)", cancellationToken, null, ("version", step.Number));
        }

        foreach (var (key, text) in SchemaSteps.Queries(database.Dialect))
        {
            await Execute(
                connection,
                transaction,
                "insert into OrleansQuery (QueryKey, QueryText) values (@key, @text) on conflict (QueryKey) do update set QueryText = excluded.QueryText",
                cancellationToken,
                null,
                ("key", key),
                ("text", text));
        }

        await transaction.CommitAsync(cancellationToken);
    }

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

    private static async Task<object?> Scalar(DbConnection connection, DbTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, sql, []);
        return await command.ExecuteScalarAsync(cancellationToken);
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
