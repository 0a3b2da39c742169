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
}
