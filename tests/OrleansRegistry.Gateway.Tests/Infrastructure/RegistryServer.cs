using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Host;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A whole node as it is shipped, on a loopback port and an empty database of its own.</summary>
public abstract class RegistryServer : IAsyncLifetime
{
    /// <summary>The most active versions of a model on these servers; more than any test needs by accident.</summary>
    public const int MaxActiveVersions = 80;

    private TestDatabase? _database;
    private WebApplication? _app;
    private HttpClient? _client;

    /// <summary>Where the server listens.</summary>
    public Uri Address => _client!.BaseAddress!;

    /// <summary>Sends requests.</summary>
    public RegistryDriver Driver => new(_client!);

    /// <summary>The rows, read past the gateway.</summary>
    public IRegistryCatalog Catalog => _app!.Services.GetRequiredService<IRegistryCatalog>();

    /// <summary>The routes.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>The grains, asked past the gateway.</summary>
    public IGrainFactory Grains => _app!.Services.GetRequiredService<IGrainFactory>();

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _database = await CreateDatabase();
        string[] args =
        [
            "--urls=http://127.0.0.1:0",
            $"--Registry:DataDirectory={_database.Options.DataDirectory}",
            $"--ConnectionStrings:Registry={_database.Options.PostgresConnectionString}",
            $"--Registry:SiloPort={FreePort().ToString(CultureInfo.InvariantCulture)}",
            $"--Registry:MaxActiveVersions={MaxActiveVersions}",
        ];
        _app = RegistryHost.Build(args, services => services.AddLogging(logging => logging.ClearProviders()));
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the empty database.</summary>
    protected abstract Task<TestDatabase> CreateDatabase();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A node on SQLite.</summary>
public sealed class SqliteServer : RegistryServer
{
    /// <inheritdoc/>
    protected override Task<TestDatabase> CreateDatabase() => Task.FromResult(TestDatabase.Sqlite());
}

/// <summary>A node on PostgreSQL.</summary>
public sealed class PostgresServer : RegistryServer
{
    /// <inheritdoc/>
    protected override Task<TestDatabase> CreateDatabase() => TestDatabase.Postgres();
}

/// <summary>The tests that share one node on SQLite.</summary>
[CollectionDefinition(Name)]
public sealed class OnSqlite : ICollectionFixture<SqliteServer>
{
    public const string Name = "SQLite";
}

/// <summary>The tests that share one node on PostgreSQL.</summary>
[CollectionDefinition(Name)]
public sealed class OnPostgres : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}
