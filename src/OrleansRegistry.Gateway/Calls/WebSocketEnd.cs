using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>Ends a request's WebSocket when the node closes (rule H5). Disposing of it ends the wait for that.</summary>
internal sealed class WebSocketEnd : IHttpUpgradeFeature, IHttpExtendedConnectFeature, IDisposable
{
    private readonly HttpContext _context;
    private readonly CancellationToken _closing;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private CancellationTokenRegistration _registration;

    /// <summary>Takes what opens the WebSocket of a request in the server's place.</summary>
    public WebSocketEnd(HttpContext context, NodeEnd end)
    {
        (_context, _closing) = (context, end.Closing);
        _upgrade = context.Features.Get<IHttpUpgradeFeature>();
        _connect = context.Features.Get<IHttpExtendedConnectFeature>();
        context.Features.Set<IHttpUpgradeFeature>(_upgrade is null ? null : this);
        context.Features.Set<IHttpExtendedConnectFeature>(_connect is null ? null : this);
    }

    public bool IsUpgradableRequest => _upgrade!.IsUpgradableRequest;

    public bool IsExtendedConnect => _connect!.IsExtendedConnect;

    public string? Protocol => _connect!.Protocol;

    public async Task<Stream> UpgradeAsync() => Watch(await _upgrade!.UpgradeAsync());

    public async ValueTask<Stream> AcceptAsync() => Watch(await _connect!.AcceptAsync());

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        _context.Features.Set(_upgrade);
        _context.Features.Set(_connect);
    }

    private WebSocketTunnel Watch(Stream caller)
    {
        WebSocketTunnel tunnel = new(caller);
        _registration = _closing.Register(() => _ = End(tunnel));
        return tunnel;
    }

    private async Task End(WebSocketTunnel tunnel)
    {
        try
        {
            await tunnel.End(_context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended by itself just now.
        }
    }
}
