using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace OrleansRegistry.Storage.Postgres;

/// <summary>A PostgreSQL database, version 15 or later.</summary>
internal sealed class PostgresDatabase : RegistryDatabase
{
    private DbConnection? _node;

    public PostgresDatabase(string connectionString)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException e)
        {
            // The driver's message may quote the text, which holds a password.
            throw new StorageStartException("ConnectionStrings__Registry is no valid Npgsql connection string.", e);
        }

        settings.ApplicationName ??= "orleans-registry";
        settings.Timeout = StatementSeconds;
        settings.CommandTimeout = StatementSeconds;
        settings.CancellationTimeout = 500;
        settings.MaxAutoPrepare = 50;
        settings.NoResetOnClose = true;
        settings.MaxPoolSize = 16;
        settings.IncludeErrorDetail = false;

        // The server gives up before the client does, so that most statements that take too long are known not to be in effect.
        var limit = TimeSpan.FromSeconds(StatementSeconds - 1).TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        settings.Options = $"{settings.Options} -c statement_timeout={limit} -c lock_timeout={limit} -c idle_in_transaction_session_timeout=30000".Trim();
        Writers = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    public override DbDataSource Writers { get; }

    public override DbDataSource Readers => Writers;

    public override string Invariant => "Npgsql";

    public override string Dialect => "Postgres";

    public override string? NumberEvents => "select sequence_events()";

    public override string BeginSnapshot => "begin isolation level repeatable read read only";

    public override string LockSchema => "select pg_advisory_xact_lock(hashtextextended('registry_schema', 0))";

    public override string HasLabel(string key, string value) => $"labels ->> {key} = {value}";

    public override string Describe()
    {
        var settings = new NpgsqlConnectionStringBuilder(Writers.ConnectionString);
        return $"The PostgreSQL database {settings.Database} on {settings.Host}:{settings.Port}";
    }

    /// <summary>Takes the database for this process alone: a connection holds an advisory lock for as long as it lives.</summary>
    public override async Task Prepare(CancellationToken cancellationToken)
    {
        try
        {
            _node = await Writers.OpenConnectionAsync(cancellationToken);
            await using var command = _node.CreateCommand();
            command.CommandText = "select string_agg(name, ', ') from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'";
            if (await command.ExecuteScalarAsync(cancellationToken) is string lossy)
            {
                throw new StorageStartException($"{Describe()} runs with {lossy} off and would lose acknowledged commands in a crash; turn it on.");
            }

            command.CommandText = "select pg_try_advisory_lock(hashtextextended('registry_node', 0))";
            if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            {
                throw new StorageStartException($"Another instance uses {Describe()}; one database serves one instance.");
            }
        }
        catch (Exception e) when (e is DbException or TimeoutException)
        {
            throw new StorageStartException($"{Describe()} can't be reached: {e.Message}", e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await base.DisposeAsync();
    }
}
