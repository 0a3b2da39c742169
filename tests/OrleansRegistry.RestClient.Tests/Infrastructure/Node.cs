using OrleansRegistry.RestClient.Tests;
using OrleansRegistry.Testing;

[assembly: AssemblyFixture(typeof(Node))]

namespace OrleansRegistry.RestClient.Tests;

/// <summary>The one node that all tests of the project use, as a process of its own on SQLite.</summary>
public sealed class Node : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-rest-");
    private RegistryProcess? _process;
    private int _names;

    public Uri Url => _process!.Address;

    /// <summary>A client of the node, straight to it.</summary>
    public RegistryRestClient Registry { get; private set; } = null!;

    public static string Key => NodeSettings.OperatorKey;

    /// <summary>A name that no other test uses.</summary>
    public string NewName() => $"model {Interlocked.Increment(ref _names)}";

    /// <summary>Options for a client that waits no time between tries.</summary>
    public static RegistryRestClientOptions OptionsFor(Uri url) =>
        new() { Url = url, ApiKey = Key, Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>A client that waits no time between tries.</summary>
    public static RegistryRestClient ClientOf(RegistryRestClientOptions options)
    {
        var client = new RegistryRestClient(options);
        client.Transport.Random = static () => 0;
        return client;
    }

    /// <summary>A client whose requests go through a proxy. Only what never answers is waited for in vain.</summary>
    public static RegistryRestClient Through(FaultProxy proxy, params Fault[] faults)
    {
        foreach (var fault in faults)
        {
            proxy.Plan.Enqueue(fault);
        }

        var options = OptionsFor(proxy.Url);
        options.Timeout = faults.Contains(Fault.Delayed) ? TimeSpan.FromSeconds(1.5) : options.Timeout;
        return ClientOf(options);
    }

    public async ValueTask InitializeAsync()
    {
        (_process, var client) = await RegistryProcess.Start(new NodeSettings { DataDirectory = _directory.FullName });
        client.Dispose();
        Registry = ClientOf(OptionsFor(Url));
    }

    public async ValueTask DisposeAsync()
    {
        Registry?.Dispose();
        if (_process is not null)
        {
            await _process.Kill();
            _process.Dispose();
        }

        _directory.Delete(recursive: true);
    }
}
