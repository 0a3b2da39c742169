using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>A silo on a database, shared by the tests of a class; each test makes models of its own.</summary>
public abstract class SiloFixture(Func<Task<TestDatabase>> emptyDatabase) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestSilo? _silo;

    public TestSilo Silo => _silo!;

    public StorageOptions Options => _database!.Options;

    public async ValueTask InitializeAsync()
    {
        _database = await emptyDatabase();
        _silo = await TestSilo.Start(Options);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class SqliteSilo() : SiloFixture(() => Task.FromResult(TestDatabase.Sqlite()));

public sealed class PostgresSilo() : SiloFixture(TestDatabase.Postgres);
