using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>The schema runner: numbered steps, once each, whoever starts.</summary>
public abstract class SchemaTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    [Fact]
    public async Task A_second_start_changes_nothing()
    {
        await Run(SchemaSteps.Of(Database.Dialect));
        Assert.Equal(SchemaSteps.Of(Database.Dialect).Count, await Steps());
    }

    [Fact]
    public async Task Steps_are_numbered_from_1_without_a_gap() =>
        Assert.Equal(Enumerable.Range(1, await Steps()), SchemaSteps.Of(Database.Dialect).Select(step => step.Number));

    [Fact]
    public async Task A_newer_build_brings_an_older_database_up_to_date_once_however_many_nodes_start()
    {
        IReadOnlyList<SchemaStep> newer = [.. SchemaSteps.Of(Database.Dialect), new SchemaStep(Newest + 1, "create table registry_more (id integer primary key)")];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Run(newer)));

        Assert.Equal(Newest + 1, await Steps());
        var refused = await Assert.ThrowsAsync<StorageStartException>(() => Run(SchemaSteps.Of(Database.Dialect)));
        Assert.Contains($"schema version {Newest + 1}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_database_as_it_was()
    {
        IReadOnlyList<SchemaStep> broken =
            [.. SchemaSteps.Of(Database.Dialect), new SchemaStep(Newest + 1, "create table registry_more (id integer primary key)"), new SchemaStep(Newest + 2, "create nonsense")];

        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Run(broken));

        Assert.Equal(Newest, await Steps());
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => TestRows.Execute(Options, "select count(*) from registry_more"));
    }

    private protected int Newest => SchemaSteps.Of(Database.Dialect)[^1].Number;

    private protected async Task Run(IReadOnlyList<SchemaStep> steps)
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await SchemaRunner.Run(connection, Database, steps, default);
    }

    private async Task<int> Steps() => Convert.ToInt32(
        await TestRows.Execute(Options, "select count(*) from registry_schema"), System.Globalization.CultureInfo.InvariantCulture);
}

public sealed class SqliteSchemaTests() : SchemaTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresSchemaTests() : SchemaTests(TestDatabase.Postgres)
{
    [Fact]
    public async Task A_step_that_rewrites_a_large_table_has_the_time_that_it_takes()
    {
        await Run([.. SchemaSteps.Of(Database.Dialect), new SchemaStep(Newest + 1, "create table registry_more as select current_setting('statement_timeout') || current_setting('lock_timeout') as limits")]);

        Assert.Equal("00", await TestRows.Execute(Options, "select limits from registry_more"));
        Assert.Equal(0, Database.SchemaSeconds);
        await using var connection = await Database.Writers.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "show statement_timeout";
        Assert.Equal("4s", await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task E1_a_database_that_would_lose_what_it_acknowledged_is_refused()
    {
        await TestRows.Execute(Options, "do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$");

        await using var database = RegistryStorage.Open(Options);
        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => database.Prepare(TestContext.Current.CancellationToken));
        Assert.Contains("synchronous_commit off", refusal.Message, StringComparison.Ordinal);
    }
}
