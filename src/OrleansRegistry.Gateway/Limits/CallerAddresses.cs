using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The address that requests and connections are counted by: the peer's, or what a trusted proxy says of it. IPv6
/// counts by /64, which is what a single customer gets.
/// </summary>
internal sealed class CallerAddresses(LimitOptions options)
{
    private const string ForwardedFor = "X-Forwarded-For";

    /// <summary>Where a request comes from.</summary>
    public IPAddress Of(HttpContext context)
    {
        var peer = context.Connection.RemoteIpAddress ?? IPAddress.None;
        return ToKey(IsTrusted(peer) ? Forwarded(context.Request) ?? peer : peer);
    }

    /// <summary>Whether an address is that of a trusted proxy.</summary>
    public bool IsTrusted(IPAddress address)
    {
        if (options.TrustedProxies.Count == 0)
        {
            return false;
        }

        var plain = ToPlain(address);
        return options.TrustedProxies.Any(network => network.Contains(plain));
    }

    /// <summary>The address that an address is counted as.</summary>
    public static IPAddress ToKey(IPAddress address)
    {
        const int prefix = 8;
        var plain = ToPlain(address);
        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return plain;
        }

        Span<byte> bytes = stackalloc byte[16];
        plain.TryWriteBytes(bytes, out _);
        bytes[prefix..].Clear();
        return new IPAddress(bytes);
    }

    /// <summary>
    /// The last address that is not a trusted proxy's: what stands before it was written by whoever sends the request.
    /// </summary>
    private IPAddress? Forwarded(HttpRequest request)
    {
        var hops = string.Join(',', request.Headers[ForwardedFor].OfType<string>()).Split(',', StringSplitOptions.TrimEntries);
        foreach (var hop in hops.Reverse())
        {
            if (!TryParse(hop, out var address))
            {
                return null;
            }

            if (!IsTrusted(address))
            {
                return address;
            }
        }

        return null;
    }

    /// <summary>An address; some proxies put the port behind it.</summary>
    private static bool TryParse(string hop, out IPAddress address)
    {
        var isParsed = IPEndPoint.TryParse(hop, out var point);
        address = point?.Address ?? IPAddress.None;
        return isParsed;
    }

    private static IPAddress ToPlain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
