using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace OrleansRegistry.Outbound;

/// <summary>The kind of network that an address belongs to.</summary>
internal enum AddressKind
{
    /// <summary>Anywhere else.</summary>
    Public = 0,

    /// <summary>A private network, or one shared by a provider's customers.</summary>
    Private = 1,

    /// <summary>This machine.</summary>
    Loopback = 2,

    /// <summary>
    /// Never connected to: link-local addresses and clouds' metadata services, and what is no address of one other
    /// machine.
    /// </summary>
    Forbidden = 3,
}

/// <summary>
/// Says which addresses the registry may connect to on behalf of a user (server-side request forgery).
/// </summary>
/// <remarks>
/// The ranges are those of the IANA special-purpose registries (RFC 6890), and the addresses under which clouds offer
/// metadata.
/// </remarks>
internal static class AddressGuard
{
    private static readonly ImmutableArray<IPNetwork> Forbidden =
    [
        .. Networks(
            "0.0.0.0/8", // this network
            "100.100.100.200/32", // metadata of Alibaba Cloud
            "168.63.129.16/32", // metadata of Azure
            "169.254.0.0/16", // link-local, and the metadata of most clouds
            "192.88.99.0/24", // relays of 6to4, deprecated: whichever machine says that it is one
            "192.0.0.0/24", // protocol assignments, and the metadata of Oracle Cloud
            "224.0.0.0/4", // multicast
            "240.0.0.0/4", // reserved, and broadcast
            "::/128", // unspecified
            "64:ff9b:1::/48", // translation by rules that only the local network knows
            "100::/64", // discard
            "2001::/32", // Teredo
            "fd00:ec2::254/128", // metadata of AWS
            "fd20:ce::254/128", // metadata of Google Cloud
            "fe80::/10", // link-local
            "fec0::/10", // site-local, deprecated
            "ff00::/8"), // multicast
    ];

    private static readonly ImmutableArray<IPNetwork> Private =
    [
        .. Networks(
            "10.0.0.0/8",
            "100.64.0.0/10", // shared by a provider's customers
            "172.16.0.0/12",
            "192.168.0.0/16",
            "198.18.0.0/15", // benchmarks
            "fc00::/7"),
    ];

    private static readonly ImmutableArray<IPNetwork> Loopback = [.. Networks("127.0.0.0/8", "::1/128")];

    // IPv6 addresses that lead to the IPv4 address in them: what counts is where it is in their bytes.
    private static readonly ImmutableArray<(IPNetwork Network, int At)> Embedding =
    [
        (IPNetwork.Parse("64:ff9b::/96"), 12), (IPNetwork.Parse("2002::/16"), 2), (IPNetwork.Parse("::/96"), 12),
        (IPNetwork.Parse("::ffff:0:0:0/96"), 12), // IPv4-translated (RFC 7915)
    ];

    /// <summary>Says whether an address may be connected to.</summary>
    public static bool Allows(OutboundOptions options, IPAddress address) => KindOf(address) switch
    {
        AddressKind.Public => true,
        AddressKind.Private => options.AllowPrivate,
        AddressKind.Loopback => options.AllowLoopback,
        _ => false,
    };

    /// <summary>The kind of an address. One IPv6 address that embeds an IPv4 address is of that one's kind.</summary>
    /// <remarks>
    /// A mapped address is taken as the IPv4 address it is before any network is asked:
    /// <see cref="IPNetwork.Contains"/> compares one with networks of either family, and finds ::ffff:1.0.0.1 in
    /// fc00::/7 (.NET 10).
    /// </remarks>
    public static AddressKind KindOf(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? KindOf(address.MapToIPv4())
        : Forbidden.Any(network => network.Contains(address)) ? AddressKind.Forbidden
        : Loopback.Any(network => network.Contains(address)) ? AddressKind.Loopback
        : Embedded(address) is { } inner ? KindOf(inner)
        : Private.Any(network => network.Contains(address)) ? Isatap(address, AddressKind.Private)
        : Isatap(address, AddressKind.Public);

    /// <summary>
    /// The kind of an address in a network of a kind. Some interfaces lead to the IPv4 address in them (ISATAP,
    /// RFC 5214): both kinds must be allowed, so that two different ones are refused.
    /// </summary>
    private static AddressKind Isatap(IPAddress address, AddressKind network)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6
            || address.GetAddressBytes() is not [.., 0x00 or 0x02, 0x00, 0x5e, 0xfe, _, _, _, _] bytes)
        {
            return network;
        }

        var inner = KindOf(new IPAddress(bytes.AsSpan(12)));
        return inner == AddressKind.Public || inner == network ? network
            : network == AddressKind.Public ? inner
            : AddressKind.Forbidden;
    }

    private static IPAddress? Embedded(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        foreach ((var network, var at) in Embedding)
        {
            if (network.Contains(address))
            {
                return new IPAddress(address.GetAddressBytes().AsSpan(at, 4));
            }
        }

        return null;
    }

    private static IEnumerable<IPNetwork> Networks(params string[] networks) => networks.Select(network => IPNetwork.Parse(network));
}
