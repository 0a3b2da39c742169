using System.Text;

namespace OrleansRegistry.RestClient;

/// <summary>An answer whose body comes as it is read. Each read ends in time.</summary>
internal sealed class Reply(HttpResponseMessage message, Stopwatches stopwatches, TimeSpan silence) : Stream
{
    private Stream? _body;

    public int Status => (int)message.StatusCode;

    public HttpResponseMessage Message => message;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public string? Header(string name) =>
        message.Headers.TryGetValues(name, out var values) || message.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

    /// <summary>Whether the body is of a media type.</summary>
    public bool Is(string mediaType) =>
        string.Equals(message.Content.Headers.ContentType?.MediaType, mediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The whole body, or its beginning; what is beyond the limit is not waited for.</summary>
    public async Task<byte[]> ReadAll(int? limit, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((limit is null || whole.Length <= limit) && (read = await ReadAsync(buffer, cancellationToken)) > 0)
        {
            await whole.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return whole.ToArray();
    }

    /// <summary>The beginning of a text that somebody else wrote, in one line.</summary>
    public static string Excerpt(ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 2000)]);
        var shown = string.Concat(
            text.Select(
                c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format
                    ? ' '
                    : c));
        shown = string.Join(' ', shown.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return shown.Length > 500 ? shown[..500] : shown;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = stopwatches.Limit(silence, cancellationToken);
        try
        {
            _body ??= await message.Content.ReadAsStreamAsync(limit.Token);
            return await _body.ReadAsync(buffer, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw limit.TimedOut("The answer stopped coming", isSent: true, e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new ConnectionFailedException("The connection broke before the answer was whole.", isSent: true, e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Read it with ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            message.Dispose();
        }

        base.Dispose(disposing);
    }
}
