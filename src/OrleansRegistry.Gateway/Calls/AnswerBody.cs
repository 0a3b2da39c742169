using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The body of a server's answer. As soon as it lets itself be waited for, the head goes to the caller without it; a
/// body that is there already goes along with its head.
/// </summary>
internal sealed class AnswerBody(Stream body, HttpResponse response) : AsyncStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = body.ReadAsync(buffer, cancellationToken);
        return read.IsCompleted || response.HasStarted ? read : AfterHead(read, cancellationToken);
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
