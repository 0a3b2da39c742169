namespace OrleansRegistry.Gateway;

/// <summary>Where the frames of a WebSocket end (RFC 6455, section 5.2), as its bytes pass by.</summary>
internal sealed class WebSocketFrames
{
    private const int ShortHead = 2;
    private const int CloseOpcode = 8;

    private int _headRead;
    private int _headLength = ShortHead;
    private int _lengthBytes;
    private long _payload;

    /// <summary>Whether the next byte begins a frame.</summary>
    public bool IsBetween => _headRead == 0 && _payload == 0;

    /// <summary>Whether a frame has begun that closes the WebSocket.</summary>
    public bool HasClose { get; private set; }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">What comes.</param>
    /// <param name="toEnd">Whether to stop where a frame ends, or where none has begun.</param>
    /// <returns>How many bytes were read.</returns>
    public int Read(ReadOnlySpan<byte> bytes, bool toEnd)
    {
        var read = 0;
        while (read < bytes.Length && !(toEnd && IsBetween))
        {
            // Behind its head the payload; behind that, the next head.
            if (_headRead == 0 && _payload > 0)
            {
                var part = (int)Math.Min(_payload, bytes.Length - read);
                _payload -= part;
                read += part;
            }
            else
            {
                ReadHead(bytes[read++]);
            }
        }

        return read;
    }

    private void ReadHead(byte next)
    {
        if (_headRead == 0)
        {
            HasClose |= (next & 0x0F) == CloseOpcode;
        }
        else if (_headRead == 1)
        {
            var length = next & 0x7F;
            _lengthBytes = length switch { 126 => 2, 127 => 8, _ => 0 };
            _headLength = ShortHead + _lengthBytes + ((next & 0x80) == 0 ? 0 : 4);
            _payload = _lengthBytes == 0 ? length : 0;
        }
        else if (_headRead < ShortHead + _lengthBytes)
        {
            _payload = (_payload << 8) | next;
        }

        _headRead++;
        if (_headRead > 1 && _headRead == _headLength)
        {
            _headRead = 0;
        }
    }
}
