using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;

namespace OrleansRegistry.Outbound;

/// <summary>
/// Makes the handlers of all HTTP connections to addresses that users name. The address that is really connected to is
/// looked at, after the name was resolved, so that no name and no redirect leads to where the registry may not go.
/// </summary>
public sealed class OutboundHttp(OutboundOptions options)
{
    /// <summary>
    /// Makes a handler that follows no redirects, and uses no proxy, no cookies and no decompression. A refused
    /// connection is an <see cref="HttpRequestException"/> caused by an <see cref="AddressRefusedException"/>.
    /// </summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = Connect,
    };

    /// <summary>The name of the registry where it asks on its own behalf: product and version.</summary>
    public static ProductInfoHeaderValue UserAgent { get; } = new(
        "OrleansRegistry",
        typeof(OutboundHttp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]);

    /// <summary>
    /// Why nothing is ever connected to under a URL, since its host is an address that may not be connected to, or its
    /// port is none; null for all others.
    /// </summary>
    public string? Refusal(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!options.AllowsPort(url.Port))
        {
            return $"must not have the port {url.Port}: {(options.Ports is [] ? "it is one of the registry's own" : "Registry__Outbound__Ports doesn't name it")}";
        }

        return !IPAddress.TryParse(Host(url), out var address) || AddressGuard.Allows(options, address) ? null : AddressGuard.KindOf(address) switch
        {
            AddressKind.Private => "must not lead into a private network unless Registry__Outbound__AllowPrivate is true",
            AddressKind.Loopback => "must not lead to this machine unless Registry__Outbound__AllowLoopback is true",
            _ => "must not lead to this address: it is link-local, one of a cloud's metadata service, or none of one machine, and always refused",
        };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream owns the socket.")]
    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (!options.AllowsPort(context.DnsEndPoint.Port))
        {
            throw new AddressRefusedException();
        }

        var found = await Resolve(context.DnsEndPoint.Host, cancellationToken);
        var allowed = Array.FindAll(found, address => AddressGuard.Allows(options, address));
        if (allowed.Length == 0)
        {
            throw new AddressRefusedException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The host without the dot that may stand behind any name, and that resolvers take behind an address too.
    /// </summary>
    private static ReadOnlySpan<char> Host(Uri url) => url.IdnHost.EndsWith('.') ? url.IdnHost.AsSpan()[..^1] : url.IdnHost;

    private static async ValueTask<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancellationToken);
}
