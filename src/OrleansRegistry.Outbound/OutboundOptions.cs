using System.ComponentModel;

namespace OrleansRegistry.Outbound;

/// <summary>
/// Which networks the registry connects to when a user names an address: serving URLs, health URLs, webhooks. What
/// <see cref="AddressGuard"/> calls forbidden stays so whatever is set here. Properties are settings.
/// </summary>
public sealed record OutboundOptions
{
    /// <summary>Allows model servers and webhooks in private networks.</summary>
    /// <value><c>true</c> on SQLite, <c>false</c> on PostgreSQL</value>
    public bool AllowPrivate { get; init; }

    /// <summary>Allows model servers and webhooks on this machine.</summary>
    /// <value><c>true</c> on SQLite, <c>false</c> on PostgreSQL</value>
    public bool AllowLoopback { get; init; }

    /// <summary>
    /// The ports of model servers and webhooks, separated by semicolons: <c>443;8000-8999</c>.
    /// </summary>
    /// <value>all but the ports of this node (<c>SiloPort</c>, <c>ClientPort</c>, <c>HealthPort</c>, <c>MetricsPort</c>)</value>
    public IReadOnlyList<PortRange> Ports { get; init; } = [];

    /// <summary>The ports of this node that are not for callers.</summary>
    [Browsable(false)]
    public IReadOnlyList<int> OwnPorts { get; init; } = [];

    /// <summary>Whether a port may be connected to.</summary>
    internal bool AllowsPort(int port) => Ports is [] ? !OwnPorts.Contains(port) : Ports.Any(range => range.Contains(port));
}
