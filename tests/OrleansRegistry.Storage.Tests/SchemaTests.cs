using System.Data.Common;
using System.Globalization;
using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>
/// The schema runner: numbered steps, once each, and the newest of the repeatable scripts, whoever starts.
/// </summary>
public abstract class SchemaTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private const string Refusal = "the deadline of the command is over";

    private const string More = "create table registry_more (id integer primary key)";

    private protected SchemaScripts Scripts => SchemaScripts.Of(Database.Dialect);

    private protected int Newest => Scripts.Steps[^1].Number;

    /// <summary>Asks for what changes whenever a definition is made, even as it was.</summary>
    private protected abstract string Definitions { get; }

    [Fact]
    public async Task A_second_start_changes_nothing()
    {
        var before = await TestRows.Execute(Options, Definitions);

        await Run(Scripts);

        Assert.Equal(before, await TestRows.Execute(Options, Definitions));
        Assert.Equal(Scripts.Steps.Count, await Count("registry_schema"));
        Assert.Equal(1, await Count("registry_repeatable"));
    }

    [Fact]
    public void Steps_are_numbered_from_7_without_a_gap() =>
        Assert.Equal(Enumerable.Range(7, Scripts.Steps.Count), Scripts.Steps.Select(step => step.Number));

    [Fact]
    public async Task A_newer_build_brings_an_older_database_up_to_date_once_however_many_nodes_start()
    {
        var newer = Scripts with { Steps = [.. Scripts.Steps, new SchemaScript(Newest + 1, More)] };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Run(newer)));

        Assert.Equal(Scripts.Steps.Count + 1, await Count("registry_schema"));
        var refused = await Assert.ThrowsAsync<StartupException>(() => Run(Scripts));
        Assert.Contains($"schema version {Newest + 1}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_database_as_it_was()
    {
        var broken = Scripts with
        {
            Steps =
            [
                .. Scripts.Steps,
                new SchemaScript(Newest + 1, More),
                new SchemaScript(Newest + 2, "create nonsense"),
            ],
        };

        await Assert.ThrowsAnyAsync<DbException>(() => Run(broken));

        Assert.Equal(Scripts.Steps.Count, await Count("registry_schema"));
        await Assert.ThrowsAnyAsync<DbException>(() => Count("registry_more"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public async Task A_database_made_before_the_first_release_is_refused_and_stays_as_it_is(int version)
    {
        await TestRows.Execute(
            Options,
            $"""
            delete from registry_schema;
            delete from registry_repeatable;
            insert into registry_schema (version) values ({version});
            """);
        var before = await TestRows.Execute(Options, Definitions);

        var refused = await Assert.ThrowsAsync<StartupException>(() => Run(Scripts));

        Assert.Contains(
            $"schema version {version}: it was made before the first release and can't be taken over",
            refused.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(before, await TestRows.Execute(Options, Definitions));
        Assert.Equal((1, 0), (await Count("registry_schema"), await Count("registry_repeatable")));
    }

    [Fact]
    public async Task A_newer_repeatable_script_replaces_the_one_before_and_an_older_one_changes_nothing()
    {
        Assert.Contains(Refusal, await Refused(), StringComparison.Ordinal);

        await Run(Scripts with { Repeatable = Next("the command comes too late") });

        Assert.Contains("the command comes too late", await Refused(), StringComparison.Ordinal);
        var newer = await TestRows.Execute(Options, Definitions);

        // A node of the release before that restarts beside newer ones.
        await Run(Scripts);

        Assert.Equal(newer, await TestRows.Execute(Options, Definitions));
        Assert.Contains("the command comes too late", await Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_repeatable_script_runs_on_what_it_has_made()
    {
        await Run(Scripts with { Repeatable = Next(Refusal) });

        Assert.Equal(2, await Count("registry_repeatable"));
        Assert.Contains(Refusal, await Refused(), StringComparison.Ordinal);
        Assert.Equal(1, await Write("name", "name/default/A model", null, """{"model_id":"k7m2qx9p4d"}"""));
    }

    [Fact]
    public async Task A_repeatable_script_that_fails_leaves_the_database_as_it_was()
    {
        var before = await TestRows.Execute(Options, Definitions);
        var broken = Next("lost") is var next ? next with { Sql = next.Sql + "create nonsense" } : null!;

        await Assert.ThrowsAnyAsync<DbException>(() => Run(Scripts with { Repeatable = broken }));

        Assert.Equal(before, await TestRows.Execute(Options, Definitions));
        Assert.Contains(Refusal, await Refused(), StringComparison.Ordinal);
    }

    private protected async Task Run(SchemaScripts scripts)
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await SchemaRunner.Run(connection, Database, scripts, default);
    }

    /// <summary>
    /// The repeatable script of the next build, which refuses what comes too late with words of its own.
    /// </summary>
    private protected SchemaScript Next(string refusal) =>
        new(Scripts.Repeatable.Number + 1, Scripts.Repeatable.Sql.Replace(Refusal, refusal, StringComparison.Ordinal));

    private async Task<string> Refused()
    {
        var late = Rows.Json(Rows.Model() with { Events = [], NotAfter = Rows.Noon });
        return (await Assert.ThrowsAnyAsync<DbException>(
            () => Write("model", $"model/default/{Rows.ModelId}", null, late))).Message;
    }

    private async Task<int> Count(string table) =>
        Convert.ToInt32(await TestRows.Execute(Options, $"select count(*) from {table}"), CultureInfo.InvariantCulture);
}

public sealed class SqliteSchemaTests() : SchemaTests(() => Task.FromResult(TestDatabase.Sqlite()))
{
    private protected override string Definitions => "select schema_version from pragma_schema_version";
}

[Trait("Database", "PostgreSQL")]
public sealed class PostgresSchemaTests() : SchemaTests(TestDatabase.Postgres)
{
    private protected override string Definitions =>
        """
        select string_agg(name || ' ' || changed, ', ' order by name) from (
            select oid::regprocedure::text, xmin::text from pg_proc where pronamespace = 'public'::regnamespace
            union all
            select relname, xmin::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'
            union all select tgname, xmin::text from pg_trigger where not tgisinternal
            union all select QueryKey, xmin::text from OrleansQuery
        ) as definition (name, changed)
        """;

    [Fact]
    public async Task A_step_that_rewrites_a_large_table_has_the_time_that_it_takes()
    {
        const string limits =
            """
            create table registry_more as
                select current_setting('statement_timeout') || current_setting('lock_timeout') as limits
            """;
        await Run(Scripts with { Steps = [.. Scripts.Steps, new SchemaScript(Newest + 1, limits)] });

        Assert.Equal("00", await TestRows.Execute(Options, "select limits from registry_more"));
        Assert.Equal(0, Database.SchemaSeconds);
        await using var connection = await Database.Writers.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "show statement_timeout";
        Assert.Equal("4s", await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Commands_and_readers_go_on_while_the_repeatable_script_is_replaced()
    {
        const int writers = 8;
        const int replacements = 20;
        using var stop = new CancellationTokenSource();
        var writing = Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var id = $"{writer:D10}";
            var commits = 0;
            while (!stop.IsCancellationRequested)
            {
                var row = Rows.Json(Rows.Model(id, id) with { Events = [Rows.Event(EventType.ModelUpdated)] });
                int? present = commits == 0 ? null : commits;
                Assert.Equal(commits + 1, await Write("model", $"model/default/{id}", present, row));
                Assert.Equal(++commits, (await Catalog.FindModel("default", id, default))!.Model.Revision);
                await Catalog.ListEvents("default", new EventFilter { ModelId = id }, 10, default);
            }

            return commits;
        })).ToList();

        for (var replacement = 1; replacement <= replacements; replacement++)
        {
            var next = Scripts.Repeatable with { Number = Scripts.Repeatable.Number + replacement };
            await Run(Scripts with { Repeatable = next });
        }

        await stop.CancelAsync();
        var stored = (await Task.WhenAll(writing)).Sum();
        Assert.Equal(stored, await Catalog.FindLastPosition(default));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_writer_and_no_starting_node_wait_for_each_other(bool hasStep)
    {
        // A transaction that uses tables in the other order than the scripts.
        await using var writer = await Database.Writers.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await writer.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await Use("registry_event");
        var altered = new SchemaScript(
            Newest + 1, "alter table registry_state add more integer; alter table registry_event add more integer");
        var upgrade = Run(Scripts with
        {
            Steps = hasStep ? [.. Scripts.Steps, altered] : Scripts.Steps,
            Repeatable = Next("the command comes too late"),
        });
        // So long that PostgreSQL no longer asks whether who starts is the one to give way.
        const string waiting =
            """
            select coalesce(max(case when clock_timestamp() - query_start > '1.1 s' then 'long' else xact_start::text end), '')
            from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            """;
        HashSet<string> tries = [""];
        while (!upgrade.IsCompleted && tries.Count < 3)
        {
            tries.Add((string)(await TestRows.Execute(Options, waiting))!);
        }

        await Use("registry_state");
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
        await upgrade;

        async Task Use(string table)
        {
            await using var command = writer.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"lock table {table} in row exclusive mode";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Functions_keep_the_signatures_that_the_release_before_calls()
    {
        const string signatures =
            """
            select string_agg(
                oid::regprocedure || ' -> ' || pg_get_function_result(oid) || e'\n', ''
                order by oid::regprocedure::text collate "C")
            from pg_proc where pronamespace = 'public'::regnamespace
            """;

        Assert.Equal(GoldenFiles.Read("functions.txt"), await TestRows.Execute(Options, signatures));
    }

    [Fact]
    public async Task E1_a_database_that_would_lose_what_it_acknowledged_is_refused()
    {
        await TestRows.Execute(Options, "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$");

        await using var database = RegistryStorage.Open(Options);
        var refusal = await Assert.ThrowsAsync<StartupException>(() => database.Prepare(TestContext.Current.CancellationToken));
        Assert.Contains("synchronous_commit off", refusal.Message, StringComparison.Ordinal);
    }
}
