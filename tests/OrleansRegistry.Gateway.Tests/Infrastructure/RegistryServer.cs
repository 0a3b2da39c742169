using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Host;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A whole node as it is shipped, on a loopback port and an empty database of its own.</summary>
public abstract class RegistryServer : IAsyncLifetime
{
    /// <summary>The most active versions of a model on these servers; more than any test needs by accident.</summary>
    public const int MaxActiveVersions = 80;

    private WebApplication? _app;
    private readonly SocketsHttpHandler _handler = new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == TlsServer.Subject },
    };
    private readonly ConcurrentStack<HttpClient> _clients = [];
    private readonly WarningLog _log = new();
    private readonly ConcurrentStack<SocketsHttpHandler> _handlers = [];

    /// <summary>A key of role operator.</summary>
    public static string OperatorKey { get; } = ApiKey.Create();

    /// <summary>Who shows it, as events name them.</summary>
    public static string Operator { get; } = "key:" + (ApiKey.TryParse(OperatorKey, out var prefix) ? prefix : "");

    /// <summary>Its database.</summary>
    protected TestDatabase Database { get; private set; } = null!;

    /// <summary>What the node has warned of so far.</summary>
    public IReadOnlyCollection<string> Warnings => _log.Warnings;

    /// <summary>What the node has written into its audit so far.</summary>
    public AuditLines Audit { get; } = new();

    /// <summary>Where the server listens.</summary>
    public Uri Address => Client.BaseAddress!;

    /// <summary>Sends requests as they are.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>Sends requests.</summary>
    public RegistryDriver Driver => new(Client);

    /// <summary>The rows, read past the gateway.</summary>
    internal IRegistryCatalog Catalog => _app!.Services.GetRequiredService<IRegistryCatalog>();

    /// <summary>Makes the tokens that the gateway takes for its own.</summary>
    internal PageTokens PageTokens => _app!.Services.GetRequiredService<PageTokens>();

    /// <summary>The calls that wait for their version's start.</summary>
    internal ParkedCalls Parked => _app!.Services.GetRequiredService<ParkedCalls>();

    /// <summary>The routes.</summary>
    public IReadOnlyList<Endpoint> Endpoints => _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>The grains, asked past the gateway, in the default workspace from here on.</summary>
    public IGrainFactory Grains
    {
        get
        {
            WorkspaceScope.Enter(GrainKeys.DefaultWorkspace);
            return _app!.Services.GetRequiredService<IGrainFactory>();
        }
    }

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        Database = await CreateDatabase();
        string[] args =
        [
            "--urls=http://127.0.0.1:0",
            $"--Registry:DataDirectory={Database.Options.DataDirectory}",
            $"--ConnectionStrings:Registry={Database.Options.PostgresConnectionString}",
            $"--Registry:SiloPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}",
            $"--Registry:Limits:ActiveVersionsPerModel={MaxActiveVersions}",
            "--Registry:Outbound:AllowLoopback=true",
            $"--Registry:Auth:AdminKey={OperatorKey}",
            // It has tests of its own.
            "--Registry:Console:Enabled=false",
            .. NodeSettings.Unlimited,
            .. Settings,
        ];
        // Where nobody listened to the log, nothing would be traced either.
        _app = RegistryHost.Build(args, services =>
        {
            services.AddLogging(logging => logging.ClearProviders().AddProvider(_log).AddProvider(Audit));
            Configure(services);
        });
        await _app.StartAsync();
        Client = AddClient(_handler, new Uri(_app.Urls.First()), OperatorKey);
    }

    /// <summary>Sends requests that show a key, or none.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The server disposes of its clients.")]
    public RegistryDriver DriverOf(string? key) => new(AddClient(_handler, Address, key));

    /// <summary>Sends requests from another address of this machine, perhaps to another port.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The server disposes of its clients.")]
    public RegistryDriver DriverFrom(string address, string? key, int? port = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = 4,
            ConnectCallback = (context, cancellationToken) => Connect(address, context.DnsEndPoint.Port, cancellationToken),
        };
        _handlers.Push(handler);
        return new RegistryDriver(AddClient(handler, new UriBuilder(Address) { Port = port ?? Address.Port }.Uri, key));
    }

    /// <summary>A connection from an address of this machine.</summary>
    public async ValueTask<Stream> ConnectFrom(string address) => await Connect(address, Address.Port, TestContext.Current.CancellationToken);

    /// <summary>Tells the node to stop, as SIGTERM does, and answers once it has.</summary>
    public Task Stop() => _app!.StopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        _handler.Dispose();
        foreach (var handler in _handlers)
        {
            handler.Dispose();
        }

        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        await Database.DisposeAsync();
        _log.Dispose();
        Audit.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Changes the node's services before it is built.</summary>
    protected virtual void Configure(IServiceCollection services)
    {
    }

    /// <summary>Further settings, as arguments of the command line.</summary>
    protected virtual IReadOnlyList<string> Settings => [];

    [SuppressMessage("Reliability", "CA2000", Justification = "The server disposes of its clients.")]
    private HttpClient AddClient(SocketsHttpHandler handler, Uri address, string? key)
    {
        var client = new HttpClient(new ContractHandler(handler), disposeHandler: false) { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        _clients.Push(client);
        return client;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream owns the socket.")]
    private static async ValueTask<Stream> Connect(string address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes the empty database.</summary>
    protected abstract Task<TestDatabase> CreateDatabase();

}

/// <summary>A node on SQLite.</summary>
public class SqliteServer : RegistryServer
{
    /// <summary>Every stored row, as text.</summary>
    public async Task<string> Dump()
    {
        var rows = new StringBuilder();
        await using var connection = await Open();
        await using var command = new SqliteCommand("select * from registry_state order by rowid; select * from registry_event order by rowid", connection);
        await using var reader = await command.ExecuteReaderAsync();
        do
        {
            while (await reader.ReadAsync())
            {
                var row = new object[reader.FieldCount];
                reader.GetValues(row);
                rows.AppendJoin('|', row).AppendLine();
            }
        }
        while (await reader.NextResultAsync());

        return rows.ToString();
    }

    /// <summary>Gives a version a state that there is none of.</summary>
    public async Task Spoil(string versionId)
    {
        await using var connection = await Open();
        await using var command = new SqliteCommand(
            "update registry_state set payload = json_set(payload, '$.state', 7) where key = $key and kind = 'version'", connection);
        command.Parameters.AddWithValue("$key", GrainKeys.Version(GrainKeys.DefaultWorkspace, VersionId.TryParse(versionId, out var id) ? id : default));
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    /// <summary>Removes a model's events up to a position, and notes it, as retention does once they are old.</summary>
    public async Task RemoveEvents(string modelId, long position)
    {
        await using var connection = await Open();
        await using var command = new SqliteCommand(
            "delete from registry_event where model_id = $model and position <= $position; insert into registry_pruned (workspace, model_id, removed_to) values ('default', $model, $position) on conflict (workspace, model_id) do update set removed_to = excluded.removed_to",
            connection);
        command.Parameters.AddWithValue("$model", modelId);
        command.Parameters.AddWithValue("$position", position);
        Assert.True(await command.ExecuteNonQueryAsync() > 1);
    }

    /// <inheritdoc/>
    protected override Task<TestDatabase> CreateDatabase() => Task.FromResult(TestDatabase.Sqlite());

    private async Task<SqliteConnection> Open()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(Database.Options.DataDirectory, StorageOptions.FileName)};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }
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
