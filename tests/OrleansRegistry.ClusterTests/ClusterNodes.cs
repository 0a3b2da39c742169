using System.Globalization;
using System.Net.Http.Headers;
using Npgsql;
using OrleansRegistry.Storage.Cluster;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A silo or a gateway: a process, where it is reached, and its own way to the database.</summary>
internal sealed class ClusterNode(RegistryProcess process, HttpClient client, TcpProxy database) : IDisposable
{
    public RegistryProcess Process => process;

    public HttpClient Client => client;

    /// <summary>Its way to the database, to be cut.</summary>
    public TcpProxy Database => database;

    public void Dispose()
    {
        process.Dispose();
        client.Dispose();
        database.Dispose();
    }
}

/// <summary>Silos and gateways as processes on loopback, all on one PostgreSQL database.</summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly ClusterCertificateFiles _files;

    private ClusterNodes(TestDatabase database) =>
        (_database, _files) = (database, ClusterCertificateFiles.Create(Path.Combine(database.Options.DataDirectory, "certificates")));

    public ClusterNode[] Silos { get; private set; } = [];

    public ClusterNode[] Gateways { get; private set; } = [];

    /// <summary>What a command on the database needs.</summary>
    public NodeSettings Settings => NodeSettings.On(_database);

    public static async Task<ClusterNodes> Start(int silos, int gateways)
    {
        var cluster = new ClusterNodes(await TestDatabase.Postgres());
        try
        {
            // One first, so that the others find a secret and a schema: the rest may come in any order.
            cluster.Silos = await Many(1, cluster.StartSilo);
            cluster.Silos = [.. cluster.Silos, .. await Many(silos - 1, cluster.StartSilo)];
            cluster.Gateways = await Many(gateways, cluster.StartGateway);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Task<ClusterNode> StartSilo() =>
        Start("silo", $"--Registry:GatewayPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}");

    public Task<ClusterNode> StartGateway() => Start("gateway");

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Silos.Concat(Gateways))
        {
            node.Dispose();
        }

        await _database.DisposeAsync();
    }

    private static Task<ClusterNode[]> Many(int count, Func<Task<ClusterNode>> start) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => start()));

    private async Task<ClusterNode> Start(string role, params string[] arguments)
    {
        var direct = new NpgsqlConnectionStringBuilder(_database.Options.PostgresConnectionString);
        var proxy = new TcpProxy(direct.Host!, direct.Port);
        var settings = Settings with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString,
            Arguments =
            [
                "--role", role, .. arguments,
                $"--Registry:Cluster:Certificate={_files.Certificate}", $"--Registry:Cluster:Key={_files.Key}", $"--Registry:Cluster:Authority={_files.Authority}",
            ],
        };
        try
        {
            var (process, client) = await RegistryProcess.Start(settings);
            client.Timeout = TimeSpan.FromSeconds(15);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", NodeSettings.OperatorKey);
            return new ClusterNode(process, client, proxy);
        }
        catch
        {
            proxy.Dispose();
            throw;
        }
    }
}
