using Npgsql;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Testing;

/// <summary>An empty database of its own for one test, on one of the two servers that the registry knows.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    /// <summary>How a node connects to it.</summary>
    public abstract StorageOptions Options { get; }

    /// <summary>An empty SQLite directory.</summary>
    public static TestDatabase Sqlite() => new SqliteTestDatabase();

    /// <summary>An empty PostgreSQL database.</summary>
    public static async Task<TestDatabase> Postgres()
    {
        var name = $"registry_{Guid.NewGuid():N}";
        await PostgresTestDatabase.Execute($"create database {name}");
        return new PostgresTestDatabase(name);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Drop();
        GC.SuppressFinalize(this);
    }

    /// <summary>Removes the database.</summary>
    protected abstract ValueTask Drop();

    private sealed class SqliteTestDatabase : TestDatabase
    {
        public override StorageOptions Options { get; } = new() { DataDirectory = Directory.CreateTempSubdirectory("registry-").FullName };

        protected override ValueTask Drop()
        {
            Directory.Delete(Options.DataDirectory, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class PostgresTestDatabase(string name) : TestDatabase
    {
        private static readonly string Server = Environment.GetEnvironmentVariable("REGISTRY_TEST_POSTGRES")
            ?? throw new InvalidOperationException("REGISTRY_TEST_POSTGRES names no server; scripts/test.sh starts one and sets it.");

        public override StorageOptions Options { get; } = new()
        {
            DataDirectory = Directory.CreateTempSubdirectory("registry-").FullName,
            PostgresConnectionString = new NpgsqlConnectionStringBuilder(Server) { Database = name, Pooling = true }.ConnectionString,
        };

        public static async Task Execute(string sql)
        {
            await using var source = NpgsqlDataSource.Create(Server);
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        protected override async ValueTask Drop()
        {
            Directory.Delete(Options.DataDirectory, recursive: true);
            await Execute($"drop database {name} with (force)");
        }
    }
}
