using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace OrleansRegistry.Storage.Postgres;

/// <summary>A PostgreSQL database, version 15 or later.</summary>
internal sealed class PostgresDatabase : RegistryDatabase
{
    /// <summary>Opens nothing yet.</summary>
    /// <param name="connectionString">Where the database is.</param>
    /// <param name="silo">Under which name this process is a member of the cluster, or null for a process that is none.</param>
    public PostgresDatabase(string connectionString, SiloIdentity? silo = null)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException e)
        {
            // The driver's message may quote the text, which holds a password.
            throw new StartupException("ConnectionStrings__Registry is no valid Npgsql connection string.", e);
        }

        settings.ApplicationName ??= "orleans-registry";
        settings.Timeout = StatementSeconds;
        settings.CommandTimeout = StatementSeconds;
        settings.CancellationTimeout = 500;
        settings.MaxAutoPrepare = 50;
        settings.NoResetOnClose = true;
        settings.MaxPoolSize = 12;
        settings.IncludeErrorDetail = false;

        // The server gives up before the client does, so that most statements that take too long are known not to be in effect.
        var limit = TimeSpan.FromSeconds(StatementSeconds - 1).TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        settings.Options = $"{settings.Options} -c statement_timeout={limit} -c lock_timeout={limit} -c idle_in_transaction_session_timeout=30000".Trim();
        Writers = Build("writers", settings, silo);

        // Writers may have to wait in the database; neither who only reads nor the silo that says it lives must wait for them.
        settings.MaxPoolSize = 8;
        Readers = Build("readers", settings, silo);
        settings.MaxPoolSize = 4;
        settings.ApplicationName += "-membership";
        Members = Build("membership", settings, silo);
    }

    /// <summary>Connections for the membership of the cluster.</summary>
    public NpgsqlDataSource Members { get; }

    public override DbDataSource Writers { get; }

    public override DbDataSource Readers { get; }

    public override string Invariant => "Npgsql";

    public override string Dialect => "Postgres";

    public override string? NumberEvents => "select registry_number_events()";

    public override string BeginSnapshot => "begin isolation level repeatable read read only";

    public override string ItemsOf => "select n - 1 as place, item::text as item from jsonb_array_elements(cast({0} as jsonb)) with ordinality as part (item, n)";

    public override string ReplaceRow =>
        """
        update registry_state set payload = cast(@payload as jsonb), version = version + 1, modified_on = now()
        where key = @key and kind = @kind and version = @version
        """;

    public override string TextsOf => "select item from jsonb_array_elements_text(cast({0} as jsonb)) as part (item)";

    public override string LockSchema =>
        "set local statement_timeout = 0; set local lock_timeout = 0; select pg_advisory_xact_lock(hashtextextended('registry_schema', 0))";

    /// <summary>
    /// Callers wait for at most 0.8 seconds: less than PostgreSQL's <c>deadlock_timeout</c>, after which it would end
    /// their transactions. An automatic vacuum gives way only to who waits for longer than that.
    /// </summary>
    public override IReadOnlyList<string> LockTables(bool areAltered, bool isPatient) =>
    [
        $"set local statement_timeout = {(isPatient ? 2500 : 800)}",
        $"""
        do $$
        declare
            tables text := (
                select string_agg(oid::regclass::text, ', ' order by relname <> 'registry_state', relname) from pg_class
                where relnamespace = quote_ident(current_schema)::regnamespace and relkind = 'r' and relname ~ '^(registry_|orleans)');
        begin
            execute 'lock table ' || tables || ' in {(areAltered ? "access exclusive" : "share row exclusive")} mode';
        end $$
        """,
        "set local statement_timeout = 0",
    ];

    public override bool IsInTheWay(DbException exception) =>
        exception.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.QueryCanceled;

    // A step may rewrite a table, and other nodes wait for it.
    public override int SchemaSeconds => 0;

    public override string HasLabel(string key, string value) => $"coalesce(labels ->> {key} = {value}, false)";

    public override string Contains(string text, string part) => $"strpos({text}, {part}) > 0";

    public override (string Sql, object[] Values) FindByNamePart(string workspace, string part) => (
        """
        select model_id from registry_search
        where workspace = {0} and strpos(search_name, {1}) > 0
            and registry_grams(workspace, search_name) @> registry_grams({0}, {1})
        """,
        [workspace, part]);

    public override string Describe()
    {
        var settings = new NpgsqlConnectionStringBuilder(Writers.ConnectionString);
        return $"The PostgreSQL database {settings.Database} on {settings.Host}:{settings.Port}";
    }

    /// <summary>Looks at settings that lose data.</summary>
    public override async Task Prepare(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await Writers.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "select string_agg(name, ', ') from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'";
            if (await command.ExecuteScalarAsync(cancellationToken) is string lossy)
            {
                throw new StartupException($"{Describe()} runs with {lossy} off and would lose acknowledged commands in a crash; turn it on.");
            }
        }
        catch (Exception e) when (e is DbException or TimeoutException)
        {
            throw new StartupException($"{Describe()} can't be reached: {e.Message}", e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await Members.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Connections that say whose they are, which <c>registry_fence</c> goes by. Metrics tell them by their name.</summary>
    private static NpgsqlDataSource Build(string name, NpgsqlConnectionStringBuilder settings, SiloIdentity? silo)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = name };
        if (silo is not null)
        {
            var identity = $"set registry.silo = '{silo.Name}'";
            builder.UsePhysicalConnectionInitializer(connection => Execute(connection, identity), connection => ExecuteAsync(connection, identity));
        }

        return builder.Build();
    }

    [SuppressMessage("Security", "CA2100", Justification = "An address and numbers.")]
    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    [SuppressMessage("Security", "CA2100", Justification = "An address and numbers.")]
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
