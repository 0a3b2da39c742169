namespace OrleansRegistry.Outbound;

/// <summary>
/// Which networks the registry connects to when a user names an address: serving URLs, health URLs, webhooks. What
/// <see cref="AddressGuard"/> calls forbidden stays so whatever is set here.
/// </summary>
public sealed record OutboundOptions
{
    /// <summary>Whether addresses of private networks are allowed. Default false.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Whether addresses of this machine are allowed. Default false.</summary>
    public bool AllowLoopback { get; init; }
}
