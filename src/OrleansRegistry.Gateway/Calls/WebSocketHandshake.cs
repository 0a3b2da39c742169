using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Whether a request asks for a WebSocket, over HTTP/1.1 (RFC 6455, section 4.2.1) or HTTP/2 (RFC 8441).
/// </summary>
internal static class WebSocketHandshake
{
    private const string Protocol = "websocket";
    private const string Version = "13";
    private const int KeyBytes = 16;

    /// <summary>
    /// Whether it does. What is no whole handshake is none; its <c>Upgrade</c> is then ignored (RFC 9110, section 7.8).
    /// </summary>
    public static bool IsOne(HttpContext context)
    {
        var request = context.Request;
        return context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
            ? Is(connect.Protocol) && HasVersion(request)
            : context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
                && HttpMethods.IsGet(request.Method)
                && HttpProtocol.IsHttp11(request.Protocol)
                && request.Headers.Upgrade is [var protocol] && Is(protocol)
                && request.Headers.SecWebSocketKey is [{ } key] && IsKey(key)
                && HasVersion(request);
    }

    private static bool Is(string? protocol) => protocol?.Equals(Protocol, StringComparison.OrdinalIgnoreCase) is true;

    private static bool HasVersion(HttpRequest request) => request.Headers.SecWebSocketVersion is [Version];

    private static bool IsKey(string key) => Base64.IsValid(Encoding.Latin1.GetBytes(key), out var length) && length == KeyBytes;
}
