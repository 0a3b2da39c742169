using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The body of a call that may be made again at another server. It can be sent once more while nothing of it was read,
/// or while all that was read is kept (rule SV6).
/// </summary>
/// <param name="body">The body, as servers get it.</param>
/// <param name="kept">Keeps what is read of it, or null where nothing is kept.</param>
[SuppressMessage("Usage", "CA2213", Justification = "Both are the call's.")]
internal sealed class AttemptBody(CallerBody body, KeptBytes? kept) : AsyncStream
{
    private readonly Lock _lock = new();
    private Upload? _upload;
    // In what is kept.
    private int _place;
    private bool _isBegun;
    private bool _isReading;
    private bool _isAtEnd;
    private bool _isHeld;
    private bool _isLast;

    /// <summary>An attempt begins, which is sent the body from its beginning.</summary>
    public Upload Begin()
    {
        lock (_lock)
        {
            (_isHeld, _place) = (false, 0);
            return _upload = new Upload(body.Caller);
        }
    }

    /// <summary>
    /// Says what can be sent again. Unless some of it is lost, nobody reads on before the next attempt.
    /// </summary>
    public BodyState Hold()
    {
        lock (_lock)
        {
            var state = !_isBegun ? BodyState.Unread
                : !_isReading && kept is { IsWhole: true } ? BodyState.Kept
                : BodyState.Lost;
            _isHeld = state != BodyState.Lost;
            return state;
        }
    }

    /// <summary>No attempt comes after this one: what is kept is given up as soon as it is sent.</summary>
    public void StopKeeping()
    {
        lock (_lock)
        {
            _isLast = true;
            GiveUpWhatIsSent();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            // An attempt that has failed may begin to send late.
            if (_isHeld || Upload.Current != _upload)
            {
                throw new BodyGivenUpException();
            }

            if (_isAtEnd || _place < (kept?.Length ?? 0))
            {
                return ReadKept(buffer.Span);
            }

            // An empty buffer waits for bytes, and takes none.
            _isReading = !buffer.IsEmpty;
            _isBegun |= _isReading;
        }

        try
        {
            var count = await ReadOn(buffer, cancellationToken);
            Keep(buffer.Span[..count], isAtEnd: count == 0 && !buffer.IsEmpty);
            return count;
        }
        catch (Exception e) when (e is OperationCanceledException or BodyGivenUpException)
        {
            // Nothing was taken. After anything else that isn't known.
            Keep([], isAtEnd: false);
            throw;
        }
    }

    private async ValueTask<int> ReadOn(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (BodyGivenUpException) when (_upload is not { IsGivenUp: true })
        {
            // The upload of an earlier attempt was.
            return await body.ReadAsync(buffer, cancellationToken);
        }
    }

    private int ReadKept(Span<byte> buffer)
    {
        var count = kept?.Copy(_place, buffer) ?? 0;
        _place += count;
        GiveUpWhatIsSent();
        return count;
    }

    private void Keep(ReadOnlySpan<byte> read, bool isAtEnd)
    {
        lock (_lock)
        {
            (_isReading, _isAtEnd) = (false, isAtEnd);
            if (kept is not null && !_isLast)
            {
                kept.Add(read);
                _place = kept.Length;
            }
        }
    }

    private void GiveUpWhatIsSent()
    {
        if (_isLast && kept is not null && _place == kept.Length)
        {
            kept.Dispose();
        }
    }
}
