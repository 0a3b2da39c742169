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

    /// <summary>An empty PostgreSQL database on the server that all tests share.</summary>
    public static Task<TestDatabase> Postgres() => Postgres(PostgresTestDatabase.Shared);

    /// <summary>An empty PostgreSQL database on a server.</summary>
    public static async Task<TestDatabase> Postgres(string server)
    {
        var name = $"registry_{Guid.NewGuid():N}";
        await PostgresTestDatabase.Execute(server, $"create database {name}");
        return new PostgresTestDatabase(server, name);
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

    private sealed class PostgresTestDatabase(string server, string name) : TestDatabase
    {
        public static string Shared => Environment.GetEnvironmentVariable("REGISTRY_TEST_POSTGRES")
            ?? throw new InvalidOperationException("REGISTRY_TEST_POSTGRES names no server; scripts/test.sh starts one and sets it.");

        public override StorageOptions Options { get; } = new()
        {
            DataDirectory = Directory.CreateTempSubdirectory("registry-").FullName,
            PostgresConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = true }.ConnectionString,
        };

        public static async Task Execute(string server, string sql)
        {
            await using var source = NpgsqlDataSource.Create(server);
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        protected override async ValueTask Drop()
        {
            Directory.Delete(Options.DataDirectory, recursive: true);
            if (server != Shared)
            {
                // It goes with its server, which may not even run.
                return;
            }

            await Execute(server, $"drop database {name} with (force)");
        }
    }
}
