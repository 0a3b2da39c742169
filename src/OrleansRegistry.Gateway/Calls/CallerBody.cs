using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A caller's body on its way to a model's server. It breaks off before bytes that make it one that is refused, before
/// its last bytes where its end does, and when whoever reads is told to stop waiting. The server's own stream could not
/// be read to its end after that.
/// </summary>
/// <param name="body">The body.</param>
/// <param name="length">How long it is, or null where only its end tells.</param>
/// <param name="seen">The part that was seen of it, which scans the rest; or null.</param>
/// <param name="renamed">What stands in place of the model's name, or null where that stays.</param>
[SuppressMessage("Usage", "CA2213", Justification = "What is stored is the call's.")]
internal sealed class CallerBody(PipeReader body, long? length, SeenBody? seen, byte[]? renamed = null) : AsyncStream
{
    private long _seen = seen?.Length ?? 0;
    private long _left = length ?? long.MaxValue;
    private SpooledBody? _stored = seen?.Stored;

    // How many bytes are in front of the name, while it is to come, and how many of it are to be passed over.
    private long _untilName = renamed is null ? long.MaxValue : seen!.Scanner.Start;
    private long _ofName = renamed is null ? 0 : seen!.Scanner.End - seen.Scanner.Start;
    private ReadOnlyMemory<byte> _name;

    /// <summary>Where it comes from.</summary>
    public PipeReader Caller => body;

    /// <summary>How much longer than the caller's it is, or null where it is the same.</summary>
    public long? Growth { get; } = renamed?.Length - (seen?.Scanner.End - seen?.Scanner.Start);

    /// <summary>The body of a call, or null where it has none.</summary>
    public static CallerBody? Of(HttpContext context, Call call)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not true)
        {
            return null;
        }

        var renamed = call.Seen is { } seen && call.Version.ServedName is { } name && name != seen.Model ? seen.Scanner.Write(name) : null;
        return new CallerBody(context.Request.BodyReader, context.Request.ContentLength, call.Seen, renamed);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        renamed is not null ? ReadRenamed(buffer, cancellationToken)
        : _stored is not null ? ReadStored(buffer, cancellationToken)
        : ReadSent(buffer, cancellationToken);

    private async ValueTask<int> ReadRenamed(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_untilName == 0)
        {
            await PassName(cancellationToken);
            (_name, _untilName) = (renamed, long.MaxValue);
        }

        if (_name.Length > 0)
        {
            var part = _name[..Math.Min(_name.Length, buffer.Length)];
            part.CopyTo(buffer);
            _name = _name[part.Length..];
            return part.Length;
        }

        var read = await ReadOwn(buffer[..(int)Math.Min(buffer.Length, _untilName)], cancellationToken);
        _untilName -= _untilName == long.MaxValue ? 0 : read;
        return read;
    }

    /// <summary>Passes over the caller's name, which was seen to be there.</summary>
    private async ValueTask PassName(CancellationToken cancellationToken)
    {
        var passed = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (_ofName > 0 && await ReadOwn(passed.AsMemory(0, (int)Math.Min(passed.Length, _ofName)), cancellationToken) is > 0 and var read)
            {
                _ofName -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(passed);
        }
    }

    private ValueTask<int> ReadOwn(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _stored is not null ? ReadStored(buffer, cancellationToken) : ReadSent(buffer, cancellationToken);

    private async ValueTask<int> ReadStored(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await _stored!.Read(buffer, cancellationToken);
        _left -= read;
        if (read > 0 || buffer.IsEmpty)
        {
            return read;
        }

        _stored = null;
        return await ReadSent(buffer, cancellationToken);
    }

    private async ValueTask<int> ReadSent(Memory<byte> buffer, CancellationToken cancellationToken)
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
