using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>A test on an empty database with the schema of this build; each suite runs once on SQLite and once on PostgreSQL.</summary>
public abstract class DatabaseTest(Func<Task<TestDatabase>> emptyDatabase) : IAsyncLifetime
{
    private TestDatabase? _test;
    private ServiceProvider? _services;

    private protected RegistryDatabase Database => _services!.GetRequiredService<RegistryDatabase>();

    private protected IRegistryCatalog Catalog => _services!.GetRequiredService<IRegistryCatalog>();

    private protected StorageOptions Options => _test!.Options;

    public async ValueTask InitializeAsync()
    {
        _test = await emptyDatabase();
        _services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddLogging(logging => logging.ClearProviders())
            .AddRegistryStorage(_test.Options)
            .BuildServiceProvider();
        await Prepare();
    }

    public async ValueTask DisposeAsync()
    {
        await _services!.DisposeAsync();
        await _test!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the schema.</summary>
    private protected virtual Task Prepare() => Database.Start(default);

    /// <summary>Stores a row as Orleans' provider does: with the write query, on a writer's connection. Answers the new version, or null for a conflict.</summary>
    private protected async Task<int?> Write(string kind, string key, int? expect, string payload)
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "select QueryText from OrleansQuery where QueryKey = 'WriteToStorageKey'";
        command.CommandText = (string)(await command.ExecuteScalarAsync())!;
        command.AddParameters([("GrainIdExtensionString", key), ("GrainTypeString", kind), ("PayloadBinary", System.Text.Encoding.UTF8.GetBytes(payload))]);
        var version = command.CreateParameter();
        version.ParameterName = "GrainStateVersion";
        version.DbType = System.Data.DbType.Int32;
        version.Value = expect is { } number ? number : DBNull.Value;
        command.Parameters.Add(version);
        return await command.ExecuteScalarAsync() is { } stored and not DBNull
            ? Convert.ToInt32(stored, System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }
}
