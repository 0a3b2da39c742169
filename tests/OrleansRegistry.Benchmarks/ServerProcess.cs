using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace OrleansRegistry.Benchmarks;

/// <summary>A server in a process of its own, on a free loopback port.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>The key of the registry.</summary>
    public static string Key { get; } = ApiKey.Create();

    private static string Built { get; } = Path.GetFullPath(
        typeof(ServerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "HostAssembly").Value!,
        AppContext.BaseDirectory);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts a baseline.</summary>
    public static Task<ServerProcess> Baseline(string name, params string[] args) =>
        Start([typeof(ServerProcess).Assembly.Location, "serve", name, .. args]);

    /// <summary>Starts a registry on an empty SQLite file.</summary>
    /// <param name="dataDirectory">Where the file is.</param>
    /// <param name="requestsPerSecond">What a key may send, 0 for any number, null for what is the default.</param>
    /// <param name="settings">Further settings.</param>
    public static Task<ServerProcess> Registry(string dataDirectory, int? requestsPerSecond, params IEnumerable<string> settings) =>
        Registry(Built, dataDirectory, requestsPerSecond, settings);

    /// <summary>The same of another build.</summary>
    /// <param name="host">The assembly of its host.</param>
    /// <param name="dataDirectory">Where the file is.</param>
    /// <param name="requestsPerSecond">What a key may send, 0 for any number, null for what is the default.</param>
    /// <param name="settings">Further settings.</param>
    public static Task<ServerProcess> Registry(string host, string dataDirectory, int? requestsPerSecond, params IEnumerable<string> settings) => Start(
    [
        host,
        $"--Registry:DataDirectory={dataDirectory}",
        $"--Registry:SiloPort={FreePort()}",
        $"--Registry:Auth:AdminKey={Key}",
        .. requestsPerSecond is { } limit ? Limits(limit) : [],
        .. settings,
    ]);

    private static string[] Limits(int requestsPerSecond) =>
    [
        $"--Registry:Limits:RequestsPerSecond={requestsPerSecond}",
        $"--Registry:Limits:RequestsPerSecondPerWorkspace={requestsPerSecond}",
        $"--Registry:Limits:RequestBurst={Math.Max(1, requestsPerSecond)}",
    ];

    /// <summary>A loopback port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<ServerProcess> Start(string[] args)
    {
        const string listening = "Now listening on: ";
        var process = Process.Start(new ProcessStartInfo("dotnet", [.. args, "--urls", "http://127.0.0.1:0"]) { RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return new ServerProcess(process, new Uri(line[(at + listening.Length)..].Trim()));
            }
        }

        throw new InvalidOperationException("A server ended before it listened.");
    }
}
