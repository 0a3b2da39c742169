using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The body of a server's answer. As soon as it lets itself be waited for, the head goes to the caller without it; a body that is there already
/// goes along with its head.
/// </summary>
internal sealed class AnswerBody(Stream body, HttpResponse response) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = body.ReadAsync(buffer, cancellationToken);
        return read.IsCompleted || response.HasStarted ? read : AfterHead(read, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> AfterHead(ValueTask<int> read, CancellationToken cancellationToken)
    {
        await response.Body.FlushAsync(cancellationToken);
        return await read;
    }
}
