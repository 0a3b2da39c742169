using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry.Storage.Schema;

/// <summary>
/// Brings a database's schema up to date: every missing step, then the repeatable script if the database has an older
/// one, all in one transaction, one node at a time.
/// </summary>
internal static class SchemaRunner
{
    private const string MakeTable = "create table if not exists registry_schema (version integer primary key)";

    private const string FindStep = "select coalesce(max(version), 0) from registry_schema";

    private const string NoteStep = "insert into registry_schema (version) values (@number)";

    private const string FindRepeatable = "select coalesce(max(number), 0) from registry_repeatable";

    private const string NoteRepeatable = "insert into registry_repeatable (number) values (@number)";

    // After tries that other transactions were in the way of: callers go on in between.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    // Over a minute, with what each try takes. Every fourth one is patient.
    private const int MaxTries = 12;

    /// <summary>
    /// Runs the scripts that the database has not seen. Nodes that are at work write meanwhile, in an order of their
    /// own: every table is locked before the first script, for which nobody waits long, or else it is tried again.
    /// </summary>
    /// <exception cref="StartupException">The database was made by a newer build, or before the first release; or
    /// others don't let go of its tables.</exception>
    public static async Task Run(
        DbConnection connection, RegistryDatabase database, SchemaScripts scripts, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await RunOnce(connection, database, scripts, isPatient: tries % 4 == 0, cancellationToken);
                return;
            }
            catch (DbException e) when (database.IsInTheWay(e) && tries < MaxTries)
            {
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
                pause = 2 * pause < LongestPause ? 2 * pause : LongestPause;
            }
            catch (DbException e) when (database.IsInTheWay(e))
            {
                throw new StartupException(
                    $"{database.Describe()} needs its schema brought up to date, and other transactions hold its tables:"
                    + " end them (a backup, a long query), and start again.",
                    e);
            }
        }
    }

    private static async Task RunOnce(
        DbConnection connection,
        RegistryDatabase database,
        SchemaScripts scripts,
        bool isPatient,
        CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Execute(connection, transaction, database.LockSchema, cancellationToken, database.SchemaSeconds);
        await Execute(connection, transaction, MakeTable, cancellationToken);
        var present = await Number(connection, transaction, FindStep, cancellationToken);
        Refuse(present, database, scripts.Steps);
        SchemaScript[] steps = [.. scripts.Steps.Where(step => step.Number > present)];
        var isRepeated = present < scripts.Steps[0].Number
            || scripts.Repeatable.Number > await Number(connection, transaction, FindRepeatable, cancellationToken);
        if (steps.Length > 0 || isRepeated)
        {
            foreach (var statement in database.LockTables(areAltered: steps.Length > 0, isPatient))
            {
                await Execute(connection, transaction, statement, cancellationToken, database.SchemaSeconds);
            }
        }

        foreach (var step in steps)
        {
            await Execute(connection, transaction, step.Sql, cancellationToken, database.SchemaSeconds);
            await Execute(connection, transaction, NoteStep, cancellationToken, null, ("number", step.Number));
        }

        if (isRepeated)
        {
            var script = scripts.Repeatable;
            await Execute(connection, transaction, script.Sql, cancellationToken, database.SchemaSeconds);
            await Execute(connection, transaction, NoteRepeatable, cancellationToken, null, ("number", script.Number));
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static void Refuse(int present, RegistryDatabase database, IReadOnlyList<SchemaScript> steps)
    {
        if (present > steps[^1].Number)
        {
            throw new StartupException(
                $"{database.Describe()} has schema version {present}; this build knows versions up to {steps[^1].Number}."
                + " Run the newer build, or restore a backup.");
        }

        if (present > 0 && present < steps[0].Number)
        {
            throw new StartupException(
                $"{database.Describe()} has schema version {present}: it was made before the first release and can't be taken over."
                + " Use an empty one.");
        }
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

    private static async Task<int> Number(
        DbConnection connection, DbTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, sql, []);
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    [SuppressMessage("Security", "CA2100", Justification = "The text is a constant or a script of this assembly.")]
    private static DbCommand Command(
        DbConnection connection, DbTransaction transaction, string sql, (string Name, object Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.AddParameters(parameters);
        return command;
    }
}
