using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Breaks off an answer that has begun, so that it does not look whole: once its call is over, and over HTTP/1.1 behind
/// what was sent of it. The server alone would throw away what has not left this machine yet, the head too, and it
/// would look as if the caller had gone.
/// </summary>
internal sealed class BrokenAnswer : IHttpRequestLifetimeFeature, IHttpResetFeature
{
    private readonly HttpContext _context;
    private readonly IHttpRequestLifetimeFeature _lifetime;
    private readonly IHttpResetFeature? _reset;
    private int? _code;
    private bool _isBroken;

    /// <summary>Takes what breaks the answer of a request off in the server's place.</summary>
    public BrokenAnswer(HttpContext context)
    {
        _context = context;
        _lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _reset = context.Features.Get<IHttpResetFeature>();
        context.Features.Set<IHttpRequestLifetimeFeature>(this);
        context.Features.Set<IHttpResetFeature>(_reset is null ? null : this);
    }

    public CancellationToken RequestAborted
    {
        get => _lifetime.RequestAborted;
        set => _lifetime.RequestAborted = value;
    }

    public void Abort() => _isBroken = true;

    public void Reset(int errorCode) => _code = errorCode;

    /// <summary>Breaks the answer off if it is to be.</summary>
    public async Task Finish()
    {
        _context.Features.Set(_lifetime);
        _context.Features.Set(_reset);
        if (_code is { } code)
        {
            _reset!.Reset(code);
        }
        else if (_isBroken)
        {
            // In HTTP/1.0 the end of the connection may be the end of an answer.
            await (HttpProtocol.IsHttp11(_context.Request.Protocol) && CallerConnection.Of(_context) is { } connection
                ? connection.SendWhatIsWritten(_context)
                : Task.CompletedTask);
            _lifetime.Abort();
        }
    }
}
