using System.Runtime.InteropServices;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A connection to a model's server over HTTP/1.1. While a body is written to it, it listens. When the server refuses
/// the request before it has read all of it, or reads no more, the body is given up, and what the server has said can
/// be read from <see cref="Upload.Answer"/>. An answer that refuses nothing ends nothing: such a server may still read.
/// </summary>
internal sealed class ServerConnection : AsyncStream
{
    // What is kept of an answer while the body may still be sent: more than a status behind what only says that one is
    // to come (1xx).
    private const int MaxHeard = 16 * 1024;
    private const int FirstRefusal = 300;

    private readonly Stream _stream;
    private readonly Lock _lock = new();
    private readonly List<byte> _heard = [];
    private FinalStatus _status = new();
    private Upload? _upload;
    private Task<int> _reading = Task.FromResult(0);
    private int _ahead;
    private Delivery? _delivery;
    private bool _isDeaf;
    private volatile bool _mustAnswer;
    private volatile bool _isWriting;
    private volatile bool _isHandedOver;

    /// <summary>Watches a connection.</summary>
    public ServerConnection(Stream stream) => _stream = stream;

    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var delivery = Delivery.Current;
        if (delivery != _delivery)
        {
            (_delivery, _mustAnswer) = (delivery, delivery is { IsOnce: true });
            delivery?.Begin();
        }

        if (Upload.Current is not { } upload)
        {
            return _stream.WriteAsync(buffer, cancellationToken);
        }

        if (upload != _upload)
        {
            lock (_lock)
            {
                (_upload, _status, _isDeaf) = (upload, new FinalStatus(), false);
                // Bytes that nobody has read yet were sent too early; the client takes them for its answer.
                _heard.RemoveRange(0, _heard.Count - _ahead);
                _status.Scan(CollectionsMarshal.AsSpan(_heard));
            }
        }

        return Write(buffer, upload);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            if (_isHandedOver)
            {
                return ValueTask.FromResult(0);
            }

            if (!_reading.IsCompleted)
            {
                return AfterListening(buffer, cancellationToken);
            }

            if (_ahead > 0)
            {
                return ValueTask.FromResult(TakeHeard(buffer.Span));
            }

            var read = _stream.ReadAsync(buffer, cancellationToken);
            return read.IsCompleted && !_mustAnswer && _upload is not { IsOpen: true } ? read : new ValueTask<int>(_reading = Read(read, buffer));
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _stream.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isHandedOver)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask Write(ReadOnlyMemory<byte> buffer, Upload upload)
    {
        _isWriting = true;
        try
        {
            if (upload.IsUnderWay)
            {
                Listen(upload);
            }

            await _stream.WriteAsync(buffer, upload.Stopped);
        }
        catch (OperationCanceledException)
        {
            // It was heard to refuse.
            throw new BodyGivenUpException();
        }
        catch (IOException)
        {
            // It has closed the connection, perhaps behind an answer.
            lock (_lock)
            {
                GiveUp(upload);
            }

            throw;
        }
        finally
        {
            _isWriting = false;
        }
    }

    /// <summary>Reads ahead of the client, which doesn't read while it writes, unless it has begun to before.</summary>
    private void Listen(Upload upload)
    {
        lock (_lock)
        {
            if (_isHandedOver || (_status.Status >= FirstRefusal && GiveUp(upload)))
            {
                throw new BodyGivenUpException();
            }

            if (_reading.IsCompleted && _ahead == 0 && !_isDeaf)
            {
                _reading = ReadAhead();
            }
        }
    }

    private async Task<int> ReadAhead()
    {
        var buffer = new byte[1024];
        try
        {
            while (true)
            {
                var count = await _stream.ReadAsync(buffer);
                if (count == 0 || !Hear(buffer.AsSpan(0, count), isAhead: true))
                {
                    return count;
                }
            }
        }
        catch (IOException)
        {
            // The client is told when it reads.
            return 0;
        }
    }

    private async Task<int> Read(ValueTask<int> read, Memory<byte> buffer)
    {
        var count = await read;
        if (count == 0 && !buffer.IsEmpty && _mustAnswer)
        {
            // At the end of the stream the client would send the request again.
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The server closed the connection without an answer.");
        }

        _mustAnswer &= count == 0;
        return Hear(buffer.Span[..count], isAhead: false) ? count : 0;
    }

    private async ValueTask<int> AfterListening(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await ((Task)_reading.WaitAsync(cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return await ReadAsync(buffer, cancellationToken);
    }

    /// <summary>Takes note of what the server said. Answers whether the reader is to go on.</summary>
    private bool Hear(ReadOnlySpan<byte> bytes, bool isAhead)
    {
        Upload refused;
        lock (_lock)
        {
            var isSending = _isWriting || _upload is { IsUnderWay: true };
            if (_upload is not { } upload || !(isSending || upload.IsOpen || isAhead || _isHandedOver))
            {
                return true;
            }

            _isDeaf |= !isAhead && !_isHandedOver && _heard.Count >= MaxHeard;
            if (_isDeaf)
            {
                return true;
            }

            _heard.AddRange(bytes);
            _ahead += isAhead ? bytes.Length : 0;
            if (_isHandedOver)
            {
                return false;
            }

            _status.Scan(bytes);
            if (!isSending || !(_status.Status >= FirstRefusal) || !GiveUp(upload))
            {
                return !isAhead || (isSending && _status.Status is null && _heard.Count < MaxHeard);
            }

            refused = upload;
        }

        _ = Task.Run(refused.Stop);
        return false;
    }

    private bool GiveUp(Upload upload) => !_isDeaf && upload.TryGiveUp(() => new Rest(this)) && (_isHandedOver = true);

    private int TakeHeard(Span<byte> buffer)
    {
        var heard = CollectionsMarshal.AsSpan(_heard)[^_ahead..];
        var count = Math.Min(heard.Length, buffer.Length);
        heard[..count].CopyTo(buffer);
        _ahead -= count;
        return count;
    }

    /// <summary>The bytes that the server sends, from when the request began. Writes go nowhere.</summary>
    private sealed class Rest(ServerConnection connection) : AsyncStream
    {
        private int _taken;

        public override bool CanWrite => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await ((Task)connection._reading.WaitAsync(cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return TakeHeard(buffer.Span) is > 0 and var count ? count : await connection._stream.ReadAsync(buffer, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                connection._stream.Dispose();
            }

            base.Dispose(disposing);
        }

        private int TakeHeard(Span<byte> buffer)
        {
            lock (connection._lock)
            {
                var heard = CollectionsMarshal.AsSpan(connection._heard)[_taken..];
                var count = Math.Min(heard.Length, buffer.Length);
                heard[..count].CopyTo(buffer);
                _taken += count;
                return count;
            }
        }
    }
}
