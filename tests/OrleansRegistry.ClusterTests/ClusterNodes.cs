using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json.Nodes;
using Npgsql;
using OrleansRegistry.Cluster;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>A gateway: a process, where it is reached, and its own way to the database.</summary>
internal class ClusterNode(RegistryProcess process, HttpClient client, TcpProxy database) : IDisposable
{
    public RegistryProcess Process => process;

    public HttpClient Client => client;

    /// <summary>Its way to the database, to be cut.</summary>
    public TcpProxy Database => database;

    public virtual void Dispose()
    {
        process.Dispose();
        client.Dispose();
        database.Dispose();
    }
}

/// <summary>A silo, with the ways to it.</summary>
internal sealed class SiloNode(RegistryProcess process, HttpClient client, TcpProxy database, SiloLinks links) : ClusterNode(process, client, database)
{
    /// <summary>The port on which other silos reach it.</summary>
    public int Port => links.Peers.Port;

    /// <summary>Their way to it.</summary>
    public TcpProxy Peers => links.Peers;

    /// <summary>The gateways' way to it.</summary>
    public TcpProxy Callers => links.Clients;

    public override void Dispose()
    {
        base.Dispose();
        links.Dispose();
    }
}

/// <summary>The ways to a silo: it listens on an address of its own, and is reached on the same ports of 127.0.0.1.</summary>
internal sealed class SiloLinks : IDisposable
{
    public SiloLinks()
    {
        Address = new IPAddress([127, 1, (byte)Random.Shared.Next(256), (byte)Random.Shared.Next(1, 255)]).ToString();
        var (peers, clients) = (RegistryProcess.FreePort(), RegistryProcess.FreePort());
        Peers = new TcpProxy(Address, peers, peers);
        Clients = new TcpProxy(Address, clients, clients);
    }

    public string Address { get; }

    public TcpProxy Peers { get; }

    public TcpProxy Clients { get; }

    public void Dispose()
    {
        Peers.Dispose();
        Clients.Dispose();
    }
}

/// <summary>Silos and gateways as processes on loopback, all on one PostgreSQL database.</summary>
internal sealed class ClusterNodes : IAsyncDisposable
{
    /// <summary>A node that reads its clock otherwise.</summary>
    internal static readonly string OtherClockHost = Path.GetFullPath(
        typeof(ClusterNodes).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "OtherClockHost").Value!, AppContext.BaseDirectory);

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly TestDatabase _database;
    private readonly ClusterCertificateFiles _files;

    private readonly bool _areBoth;

    private ClusterNodes(TestDatabase database, bool areBoth) =>
        (_areBoth, _database, _files) = (areBoth, database, ClusterCertificateFiles.Create(Path.Combine(database.Options.DataDirectory, "certificates")));

    public SiloNode[] Silos { get; private set; } = [];

    public ClusterNode[] Gateways { get; private set; } = [];

    /// <summary>Where the certificate is that lets a process into the cluster.</summary>
    public string CertificateDirectory => Path.GetDirectoryName(_files.Certificate)!;

    /// <summary>What nodes run that are started from now on, and commands: the executable of another build, or null for this one's.</summary>
    public string? Executable { get; set; }

    /// <summary>What a command on the database needs.</summary>
    public NodeSettings Settings => NodeSettings.On(_database) with { Executable = Executable };

    /// <param name="silos">How many silos.</param>
    /// <param name="gateways">How many gateways.</param>
    /// <param name="server">The database server, or null for the one that all tests share.</param>
    /// <param name="executable">What the nodes run, see <see cref="Executable"/>.</param>
    /// <param name="areBoth">Whether silos take calls too.</param>
    public static async Task<ClusterNodes> Start(
        int silos, int gateways, string? server = null, string? executable = null, bool areBoth = false)
    {
        var database = await (server is null ? TestDatabase.Postgres() : TestDatabase.Postgres(server));
        var cluster = new ClusterNodes(database, areBoth) { Executable = executable };
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

    public Task<SiloNode> StartSilo() => StartSilo(clockOffset: default);

    /// <summary>Starts a silo whose clock is ahead by so much.</summary>
    public Task<SiloNode> StartSilo(TimeSpan clockOffset) => StartSilo(_areBoth ? "both" : "silo", hasCallers: true, clockOffset);

    /// <summary>Starts a silo that is a gateway as well, its own only: other gateways don't reach it.</summary>
    public Task<SiloNode> StartBoth() => StartSilo("both", hasCallers: false, clockOffset: default);

    public async Task<ClusterNode> StartGateway()
    {
        var (process, client, database) = await Start("gateway", clockOffset: default);
        return new ClusterNode(process, client, database);
    }

    /// <summary>Starts a gateway where one was that has ended.</summary>
    public async Task RestartGateway(int gateway)
    {
        var ended = Gateways[gateway];
        var (process, client, database) = await Start("gateway", clockOffset: default, $"--urls={ended.Process.Address}");
        Gateways[gateway] = new ClusterNode(process, client, database);
        ended.Dispose();
    }

    /// <summary>A node that takes calls. One in three is a silo, if they do: it answers for the models that it has by itself.</summary>
    public HttpClient Any(Random random) =>
        _areBoth && random.Next(3) == 0 ? Silos[random.Next(Silos.Length)].Client : Gateways[random.Next(Gateways.Length)].Client;

    /// <summary>Whether a silo has ended, or the others have given it up, so that it will.</summary>
    public async Task<bool> IsLost(SiloNode silo) => silo.Process.HasExited || await IsDeclaredDead(silo);

    /// <summary>Whether the others have given a silo up.</summary>
    public async Task<bool> IsDeclaredDead(SiloNode silo) =>
        await Ask($"select status = 6 from registry_member where port = {silo.Port.ToString(CultureInfo.InvariantCulture)} order by generation desc limit 1") is true;

    /// <summary>Whether a silo that was declared dead has had no lease on its membership for certain since, by the database's clock.</summary>
    public async Task<bool> IsLeaseOver(SiloNode silo) =>
        (bool)(await Ask($"select clock_timestamp() >= declared_dead_at + registry_lease() from registry_member where port = {silo.Port.ToString(CultureInfo.InvariantCulture)}"))!;

    /// <summary>The silo that has the most grains whose keys begin so.</summary>
    public async Task<SiloNode> FindHome(string key)
    {
        var port = (string)(await Ask($"select split_part(silo, '/', 2) from registry_location where grain like '%/{key}%' group by silo order by count(*) desc limit 1"))!;
        return Silos.Single(silo => silo.Port == int.Parse(port, CultureInfo.InvariantCulture));
    }

    /// <summary>The process of the database server that serves a node.</summary>
    public async Task<int> FindBackend() =>
        (int)(await Ask("select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() limit 1"))!;

    /// <summary>The last schema step that was run.</summary>
    public async Task<int> FindSchemaVersion() => (int)(await Ask("select max(version) from registry_schema"))!;

    /// <summary>The kinds of rows that are stored.</summary>
    public async Task<IReadOnlyList<string>> KindsOfRows() =>
        (string[])(await Ask("select array_agg(distinct kind order by kind) from registry_state"))!;

    /// <summary>All stored rows, as JSON.</summary>
    public async Task<IReadOnlyList<string>> ReadRows() =>
        (string[])(await Ask("select array_agg(payload::text) from registry_state"))!;

    /// <summary>Puts another row in the place of each, a function of its JSON and its key. No node must run.</summary>
    public async Task ChangeRows(Func<string, string, JsonNode> change)
    {
        var keys = (string[])(await Ask("select array_agg(key order by key) from registry_state"))!;
        var rows = (string[])(await Ask("select array_agg(payload::text order by key) from registry_state"))!;
        await using var source = NpgsqlDataSource.Create(_database.Options.PostgresConnectionString!);
        foreach (var (key, row) in keys.Zip(rows))
        {
            await using var write = source.CreateCommand(
                "update registry_state set payload = $2::jsonb, version = version + 1 where key = $1");
            write.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
            write.Parameters.Add(new NpgsqlParameter<string> { TypedValue = change(row, key).ToJsonString() });
            Assert.Equal(1, await write.ExecuteNonQueryAsync());
        }
    }

    /// <summary>Whether some version's grain is on another silo than its model's.</summary>
    public async Task<bool> HasVersionsElsewhere() => await Ask(
        """
        select exists (
            select from registry_location as model join registry_location as version
                on model.grain like '%/model/%' and version.grain like '%/version/%/' || right(model.grain, 10) || '-%'
            where model.silo <> version.silo)
        """) is true;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Silos.Concat(Gateways))
        {
            node.Dispose();
        }

        await _database.DisposeAsync();
    }

    private static Task<TNode[]> Many<TNode>(int count, Func<Task<TNode>> start) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => start()));

    [SuppressMessage("Reliability", "CA2000", Justification = "The node disposes its links.")]
    private async Task<SiloNode> StartSilo(string role, bool hasCallers, TimeSpan clockOffset)
    {
        var links = new SiloLinks();
        try
        {
            var (process, client, database) = await Start(
                role,
                clockOffset,
                $"--Registry:SiloPort={links.Peers.Port.ToString(CultureInfo.InvariantCulture)}",
                $"--Registry:ClientPort={(hasCallers ? links.Clients.Port : 0).ToString(CultureInfo.InvariantCulture)}",
                $"--Registry:ListenAddress={links.Address}");
            return new SiloNode(process, client, database, links);
        }
        catch
        {
            links.Dispose();
            throw;
        }
    }

    private async Task<object?> Ask(string query)
    {
        await using var source = NpgsqlDataSource.Create(_database.Options.PostgresConnectionString!);
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var command = source.CreateCommand(query);
                return await command.ExecuteScalarAsync();
            }
            catch (NpgsqlException e) when (e.IsTransient && Stopwatch.GetElapsedTime(begun) < WaitTimeout)
            {
                // A server that recovers says so.
            }
        }
    }

    private async Task<(RegistryProcess Process, HttpClient Client, TcpProxy Database)> Start(string role, TimeSpan clockOffset, params string[] arguments)
    {
        var direct = new NpgsqlConnectionStringBuilder(_database.Options.PostgresConnectionString);
        var proxy = new TcpProxy(direct.Host!, direct.Port);
        var settings = Settings with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString,
            Executable = clockOffset == TimeSpan.Zero ? Executable : OtherClockHost,
            Environment = new Dictionary<string, string>(NodeSettings.SharedSecret) { ["REGISTRY_TEST_CLOCK_OFFSET"] = clockOffset.ToString() },
            Arguments =
            [
                $"--Registry:Role={role}", .. arguments,
                $"--Registry:Cluster:Certificate={_files.Certificate}", $"--Registry:Cluster:Key={_files.Key}", $"--Registry:Cluster:Authority={_files.Authority}",
            ],
        };
        try
        {
            var (process, client) = await RegistryProcess.Start(settings);
            client.Timeout = TimeSpan.FromSeconds(15);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", NodeSettings.OperatorKey);
            return (process, client, proxy);
        }
        catch
        {
            proxy.Dispose();
            throw;
        }
    }
}
