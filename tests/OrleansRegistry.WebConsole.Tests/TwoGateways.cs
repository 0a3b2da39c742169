using System.Globalization;
using System.Security.Cryptography;
using OrleansRegistry.Testing;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Two whole nodes on one PostgreSQL database, whose people may sign in at an issuer.</summary>
public sealed class TwoGateways : IAsyncLifetime
{
    private readonly List<ConsoleNode> _nodes = [];
    private TestDatabase _database = null!;

    /// <summary>The issuer.</summary>
    public OidcServer Issuer { get; private set; } = null!;

    /// <summary>The nodes.</summary>
    public IReadOnlyList<ConsoleNode> Nodes => _nodes;

    /// <summary>A browser behind a balancer that sends each request to the other node.</summary>
    public Browser NewBrowser() => new(Nodes);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Issuer = await OidcServer.Start();
        _database = await TestDatabase.Postgres();
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        for (var n = 0; n < 2; n++)
        {
            _nodes.Add(new ConsoleNode(_database, isOfSeveral: true, TimeProvider.System,
            [
                $"--Registry:Auth:Secret={secret}",
                $"--Registry:ClientPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}",
                .. Issuer.Settings,
            ]));
            await _nodes[n].InitializeAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await _database.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
