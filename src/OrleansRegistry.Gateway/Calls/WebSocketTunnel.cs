namespace OrleansRegistry.Gateway;

/// <summary>
/// The caller's side of a WebSocket. Ending it sends the caller a close frame behind the last whole frame of the model's
/// server, and nothing more. The caller's own close frame then ends the server's side.
/// </summary>
internal sealed class WebSocketTunnel(Stream caller) : AsyncStream
{
    /// <summary>A close frame with the status 1001: the endpoint goes away.</summary>
    private static readonly byte[] GoingAway = [0x88, 0x02, 0x03, 0xE9];

    private readonly SemaphoreSlim _turn = new(1);
    private readonly WebSocketFrames _frames = new();
    private bool _isEnding;
    private bool _isClosed;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        caller.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_isClosed)
            {
                await caller.WriteAsync(buffer[.._frames.Read(buffer.Span, toEnd: _isEnding)], cancellationToken);
                await CloseIfEnding(cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await caller.FlushAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Ends it, now or when the frame is whole that has begun.</summary>
    public async Task End(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _isEnding = true;
            await CloseIfEnding(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            caller.Dispose();
            _turn.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task CloseIfEnding(CancellationToken cancellationToken)
    {
        // A server that has closed it has said all there is to say.
        if (_isEnding && !_isClosed && _frames is { IsBetween: true, HasClose: false })
        {
            _isClosed = true;
            await caller.WriteAsync(GoingAway, cancellationToken);
            await caller.FlushAsync(cancellationToken);
        }
    }
}
