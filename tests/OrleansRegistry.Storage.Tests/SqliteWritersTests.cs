using System.Data.Common;
using Microsoft.Data.Sqlite;
using OrleansRegistry.Storage.Sqlite;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What writers of an SQLite file share, and what they must not notice of each other.</summary>
public sealed class SqliteWritersTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("registry-").FullName;
    private readonly WriteTrouble _trouble = new();
    private readonly SqliteWriters _writers;

    public SqliteWritersTests()
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = Path.Combine(_directory, "file.db"), Pooling = false };
        _writers = new SqliteWriters(connection.ToString(), TimeSpan.FromMinutes(1), _trouble);
    }

    [Fact]
    public async Task A_text_is_compiled_once()
    {
        await Execute("create table number (n integer primary key)");
        var asked = 0;
        // SQLite asks while it compiles, and only then.
        await Look(handle => SQLitePCL.raw.sqlite3_set_authorizer(handle, (object _, int _, SQLitePCL.utf8z _, SQLitePCL.utf8z _, SQLitePCL.utf8z _, SQLitePCL.utf8z _) => asked++ < 0 ? 1 : 0, null));
        await Insert(1);
        var compiled = asked;

        await Insert(2);
        await Insert(3);

        Assert.NotEqual(0, compiled);
        Assert.Equal(compiled, asked);
        Assert.Equal(6L, await Read("select sum(n) from number"));
    }

    [Fact]
    public async Task A_writer_sees_no_value_of_the_one_before()
    {
        await Execute("create table number (n integer primary key)");
        await Insert(1);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Execute("insert into number (n) values (@n)"));

        Assert.Contains("@n", error.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await Read("select count(*) from number"));
    }

    [Fact]
    public async Task A_text_means_what_the_schema_says_by_now()
    {
        await Execute("create table number (n integer primary key)");
        Assert.Equal(1, await CountFields("select * from number"));

        await Execute("alter table number add column name text");

        Assert.Equal(2, await CountFields("select * from number"));
    }

    [Fact]
    public async Task A_statement_that_fails_leaves_nothing_to_the_next_writer()
    {
        await Execute("create table number (n integer primary key)");
        await Insert(1);

        Assert.Equal(19, (await Assert.ThrowsAsync<SqliteException>(() => Insert(1))).SqliteErrorCode);
        await Insert(2);

        Assert.Equal(2L, await Read("select count(*) from number"));
        Assert.Null(_trouble.Reason);
    }

    [Fact]
    public async Task A_transaction_that_a_writer_leaves_open_is_undone()
    {
        await Execute("create table number (n integer primary key)");
        await using (var connection = await _writers.OpenConnectionAsync())
        {
            var transaction = await connection.BeginTransactionAsync();
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "insert into number (n) values (1)";
            await command.ExecuteNonQueryAsync();
        }

        Assert.Equal(0L, await Read("select count(*) from number"));
        await Insert(1);
    }

    [Fact]
    public async Task A_reader_that_a_writer_leaves_open_holds_up_nobody()
    {
        await Execute("create table number (n integer primary key)");
        await Insert(1);
        await using (var connection = await _writers.OpenConnectionAsync())
        {
            var command = connection.CreateCommand();
            command.CommandText = "select n from number";
            Assert.True(await (await command.ExecuteReaderAsync()).ReadAsync());
        }

        Assert.Equal(1L, await Read("select n from number"));
        await Execute("drop table number");
    }

    [Fact]
    public async Task Texts_that_are_made_up_are_not_kept()
    {
        await Execute("create table number (n integer primary key)");
        await ReadNumbers(0, 200);
        var size = await SizeOfStatements();

        await ReadNumbers(200, 400);

        Assert.Equal(size, await SizeOfStatements());

        async Task ReadNumbers(int from, int to)
        {
            for (var n = from; n < to; n++)
            {
                await Read($"select {n}");
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [Fact]
    public async Task The_file_is_closed_with_the_last_writer()
    {
        await Execute("create table number (n integer primary key)");
        var last = await _writers.OpenConnectionAsync();

        await _writers.DisposeAsync();
        await last.DisposeAsync();

        Assert.DoesNotContain(OpenFiles(), file => file.StartsWith(_directory, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _writers.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static IEnumerable<string> OpenFiles() =>
        Directory.EnumerateFiles("/proc/self/fd").Select(handle => new FileInfo(handle).LinkTarget ?? "");

    private Task Insert(int n) => Execute("insert into number (n) values (@n)", ("@n", n));

    private async Task Execute(string text, params (string Name, object Value)[] parameters)
    {
        await using var connection = await _writers.OpenConnectionAsync();
        await using var command = Command(connection, text);
        command.AddParameters(parameters);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> Read(string text)
    {
        await using var connection = await _writers.OpenConnectionAsync();
        await using var command = Command(connection, text);
        return await command.ExecuteScalarAsync();
    }

    private async Task<int> CountFields(string text)
    {
        await using var connection = await _writers.OpenConnectionAsync();
        await using var command = Command(connection, text);
        await using var reader = await command.ExecuteReaderAsync();
        return reader.FieldCount;
    }

    private static DbCommand Command(DbConnection connection, string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    /// <summary>The bytes of all statements that are compiled.</summary>
    private async Task<int> SizeOfStatements()
    {
        const int statements = 3;
        var size = 0;
        await Look(handle => SQLitePCL.raw.sqlite3_db_status(handle, statements, out size, out _, 0));
        return size;
    }

    private async Task Look(Func<SQLitePCL.sqlite3, int> look)
    {
        await using var connection = await _writers.OpenConnectionAsync();
        await using var command = (SqliteCommand)connection.CreateCommand();
        Assert.Equal(0, look(command.Connection!.Handle!));
    }
}
