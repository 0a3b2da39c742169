using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace OrleansRegistry.Outbound;

/// <summary>
/// Makes the handlers of all HTTP connections to addresses that users name. The address that is really connected to is looked at, after
/// the name was resolved, so that no name and no redirect leads to where the registry may not go.
/// </summary>
public sealed class OutboundHttp(OutboundOptions options)
{
    /// <summary>
    /// Makes a handler that follows no redirects, and uses no proxy, no cookies and no decompression. A refused connection is an
    /// <see cref="HttpRequestException"/> caused by an <see cref="AddressRefusedException"/>.
    /// </summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = Connect,
    };

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream owns the socket.")]
    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
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

    private static async ValueTask<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancellationToken);
}
