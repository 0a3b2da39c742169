using System.Buffers;
using System.IO.Pipelines;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the field <c>model</c> of a body and leaves the body unread, so that it can be forwarded as it is.
/// </summary>
internal static class ModelField
{
    /// <summary>
    /// Reads as much of a body as is needed. What has arrived with the field is looked at too. The scanner has the
    /// field's text then, and goes on with the bytes behind those that it has seen. What is in front of the field is
    /// held in memory up to <paramref name="limit"/> bytes, give or take what arrives at a time; beyond that it is stored
    /// in what <paramref name="open"/> makes, as far as there is room.
    /// </summary>
    public static async Task<Outcome<SeenBody>> Find(
        PipeReader body, BodyScanner scanner, int limit, Func<SpooledBody?> open, CancellationToken cancellationToken)
    {
        var looked = new SeenBody(scanner);
        SpooledBody? stored = null;
        var isFound = false;
        try
        {
            SequencePosition? from = null;
            while (true)
            {
                var read = await body.ReadAsync(cancellationToken);
                var length = read.Buffer.Length;
                var refusal = looked.Scan(from is { } seen ? read.Buffer.Slice(seen) : read.Buffer)
                    ?? (read.IsCompleted ? scanner.AtEnd() : null);
                if (refusal is null && scanner.Model is null && (stored is not null || length > limit))
                {
                    stored ??= open();
                    if (stored is null || !await stored.TryWrite(read.Buffer, cancellationToken))
                    {
                        refusal = TooLarge(limit);
                    }
                    else
                    {
                        from = null;
                        body.AdvanceTo(read.Buffer.End);
                        continue;
                    }
                }

                // Nothing is consumed: what was looked at is read again, and sent.
                from = read.Buffer.End;
                isFound = refusal is null && scanner.Model is not null;
                var isOver = refusal is not null || isFound;
                body.AdvanceTo(read.Buffer.Start, isOver ? read.Buffer.Start : read.Buffer.End);
                if (isOver)
                {
                    stored?.Rewind();
                    return refusal is null ? looked with { Length = length, Stored = stored } : refusal;
                }
            }
        }
        finally
        {
            if (!isFound)
            {
                stored?.Dispose();
            }
        }
    }

    private static RegistryError TooLarge(int limit) => new(
        ErrorCode.PayloadTooLarge,
        $"The first {limit} bytes of the body don't hold the field model, and there is no room now to store more of it"
        + " (Registry:Calls:SpoolDirectory); put the field first.");
}

/// <summary>A body that was looked at, but not read.</summary>
/// <param name="Scanner">Has seen its beginning.</param>
internal sealed record SeenBody(BodyScanner Scanner)
{
    /// <summary>How many bytes were seen when the field was found, behind those that are stored.</summary>
    public long Length { get; init; }

    /// <summary>The part of it in front of these, or null where there is none.</summary>
    public SpooledBody? Stored { get; init; }

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
