using System.Buffers;
using System.IO.Pipelines;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the <c>model</c> field of a JSON body and leaves the body unread, so that it can be forwarded as it is.
/// </summary>
internal static class ModelField
{
    /// <summary>
    /// Reads as much of a body as is needed, at most <paramref name="limit"/> bytes. What has arrived with the field is
    /// looked at too. The scanner has the field's text then, and goes on with the bytes behind those that it has seen.
    /// </summary>
    public static async Task<Outcome<SeenBody>> Find(PipeReader body, int limit, CancellationToken cancellationToken)
    {
        var scanner = new ModelScanner();
        var looked = new SeenBody(scanner);
        SequencePosition? from = null;
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            var length = read.Buffer.Length;
            var next = from is { } seen ? read.Buffer.Slice(seen) : read.Buffer;
            var allowed = next.Slice(0, Math.Min(next.Length, limit - (length - next.Length)));
            var refusal = looked.Scan(allowed)
                ?? (scanner.Model is not null ? looked.Scan(next.Slice(allowed.End)) ?? (read.IsCompleted ? scanner.AtEnd() : null)
                : length > limit ? new RegistryError(ErrorCode.PayloadTooLarge, $"The first {limit} bytes of the body don't hold the field model; put it first.")
                : read.IsCompleted ? scanner.AtEnd()
                : null);
            from = read.Buffer.End;

            // Nothing is consumed: what was looked at is read again, and sent.
            var isOver = refusal is not null || scanner.Model is not null;
            body.AdvanceTo(read.Buffer.Start, isOver ? read.Buffer.Start : read.Buffer.End);
            if (isOver)
            {
                return refusal is null ? looked with { Length = length } : refusal;
            }
        }
    }
}

/// <summary>A body that was looked at, but not read.</summary>
/// <param name="Scanner">Has seen its beginning.</param>
internal sealed record SeenBody(ModelScanner Scanner)
{
    /// <summary>How many bytes were seen when the field was found.</summary>
    public long Length { get; init; }

    /// <summary>The text of the field.</summary>
    public string Model => Scanner.Model!;

    /// <summary>Looks at the next bytes. Answers why the body is refused, or null.</summary>
    public RegistryError? Scan(ReadOnlySequence<byte> bytes)
    {
        foreach (var part in bytes)
        {
            if (Scanner.Scan(part.Span) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }
}
