using System.Buffers;
using System.IO.Pipelines;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A caller's body on its way to a model's server. It breaks off before bytes that make it one that is refused, before
/// its last bytes where its end does, and when whoever reads is told to stop waiting. The server's own stream could not
/// be read to its end after that.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="length">How long it is, or null where only its end tells.</param>
/// <param name="seen">The part that was seen of it, which scans the rest; or null.</param>
internal sealed class CallerBody(PipeReader body, long? length, SeenBody? seen) : AsyncStream
{
    private long _seen = seen?.Length ?? 0;
    private long _left = length ?? long.MaxValue;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            var taken = read.Buffer.Slice(0, read.IsCanceled ? 0 : Math.Min(read.Buffer.Length, buffer.Length));
            try
            {
                if (read.IsCanceled)
                {
                    throw new BodyGivenUpException();
                }

                Scan(taken, isEnd: taken.Length == _left || (read.IsCompleted && taken.Length == read.Buffer.Length));
                if (!taken.IsEmpty || buffer.IsEmpty || read.IsCompleted)
                {
                    taken.CopyTo(buffer.Span);
                    return (int)taken.Length;
                }
            }
            finally
            {
                body.AdvanceTo(taken.End);
            }
        }
    }

    /// <summary>Looks at what was not seen before.</summary>
    private void Scan(ReadOnlySequence<byte> bytes, bool isEnd)
    {
        _left -= bytes.Length;
        if (seen is null)
        {
            return;
        }

        var known = Math.Min(bytes.Length, _seen);
        _seen -= known;
        if ((seen.Scan(bytes.Slice(known)) ?? (isEnd ? seen.Scanner.AtEnd() : null)) is { } refusal)
        {
            throw new RefusedBodyException(refusal);
        }
    }
}
