using System.Diagnostics;
using System.Reflection;
using Npgsql;

namespace OrleansRegistry.ClusterTests;

/// <summary>A PostgreSQL server for one test alone, which may stop it; see <c>scripts/postgres-server.sh</c>.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly string Script = Path.GetFullPath(
        typeof(PostgresServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "PostgresServer").Value!, AppContext.BaseDirectory);

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private PostgresServer() =>
        _process = Process.Start(new ProcessStartInfo("bash", [Script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <summary>How to connect to it.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>A server that runs.</summary>
    public static async Task<PostgresServer> Run()
    {
        var server = new PostgresServer();
        server.ConnectionString = await server.Read();
        return server;
    }

    /// <summary>Stops it in order, which cuts everybody off.</summary>
    public Task Stop() => Do("stop");

    /// <summary>Starts it again.</summary>
    public Task Start() => Do("start");

    /// <summary>Has it crash, which cuts everybody off and leaves it to read its log, and start again.</summary>
    public Task Crash() => Do("crash");

    /// <summary>Puts a copy of its data aside, while it is stopped.</summary>
    public Task Keep() => Do("keep");

    /// <summary>Makes its data what they were when the copy was made, while it is stopped.</summary>
    public Task SetBack() => Do("set-back");

    /// <summary>Opens connections until it has no more.</summary>
    public async Task<IReadOnlyList<NpgsqlConnection>> TakeAllConnections()
    {
        List<NpgsqlConnection> taken = [];
        var unpooled = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString;
        while (true)
        {
            var connection = new NpgsqlConnection(unpooled);
            try
            {
                await connection.OpenAsync();
                taken.Add(connection);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                await connection.DisposeAsync();
                return taken;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(WaitTimeout);
        _process.Dispose();
    }

    private async Task Do(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        await Read();
    }

    private async Task<string> Read() => await _process.StandardOutput.ReadLineAsync().WaitAsync(WaitTimeout)
        ?? throw new InvalidOperationException("The PostgreSQL server of the test does not run; it has printed why.");
}
