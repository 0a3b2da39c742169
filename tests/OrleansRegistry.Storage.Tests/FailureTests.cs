using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Serialization;
using OrleansRegistry.Models;
using OrleansRegistry.State;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What is thrown while the database is away arrives wherever it was called from: callers don't know the exceptions of its driver.</summary>
public sealed class FailureTests : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
        .AddLogging(logging => logging.ClearProviders())
        .AddRegistryStorage(new StorageOptions { PostgresConnectionString = $"Host=127.0.0.1;Port={RegistryProcess.FreePort()};Username=nobody" })
        .AddSerializer()
        .BuildServiceProvider();

    [Fact]
    public async Task E1_what_a_catalog_throws_arrives_at_another_process() =>
        Arrives(await Assert.ThrowsAsync<RegistryUnavailableException>(
            () => _services.GetRequiredService<IRegistryCatalog>().FindModel("default", "a-model", default)));

    [Fact]
    public async Task E1_what_a_row_throws_arrives_at_another_process()
    {
        var away = new FaultyStorage(null!) { BeforeRead = _ => throw new NpgsqlException("The database is away."), BeforeWrite = _ => throw new NpgsqlException("It still is.") };
        var row = new StateRow<ModelState>(away, "model", GrainId.Create("model", "default/a-model"));

        Arrives(await Assert.ThrowsAsync<RegistryUnavailableException>(row.Read));
        Arrives(await Assert.ThrowsAsync<RegistryUnavailableException>(() => row.Write(null!, null!)));
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private void Arrives(Exception thrown)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var arrived = serializer.Deserialize<Exception>(serializer.SerializeToArray(thrown));
        Assert.Equal<(Type?, string?)>((thrown.GetType(), thrown.Message), (arrived?.GetType(), arrived?.Message));
    }
}
