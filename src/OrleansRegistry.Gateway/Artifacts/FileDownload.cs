using System.Buffers;
using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>The answer that is a file, or a range of it (RFC 9110, section 14). It is not to be shown by a browser.</summary>
/// <param name="file">The file.</param>
/// <param name="bytes">Its bytes; the answer closes them.</param>
internal sealed class FileDownload(ArtifactFile file, Stream bytes) : IResult
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>What the OpenAPI document says of the answer.</summary>
    public static ProducedBytes Produced { get; } =
        new((StatusCodes.Status200OK, "The file."), (StatusCodes.Status206PartialContent, "The range of the file."));

    /// <summary>The bytes that the caller wants.</summary>
    public static RequestParameter Range { get; } = RequestParameter.Header(
        "Range", "One range of bytes, `bytes=0-99`, `bytes=100-` or `bytes=-100`; the answer is 206. Anything else is answered with the whole file.");

    /// <summary>The file that the range is meant for.</summary>
    public static RequestParameter IfRange { get; } = RequestParameter.Header(
        "If-Range", "The range counts only if the file has this entity tag.");

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var closing = bytes;
        var (request, response) = (httpContext.Request, httpContext.Response);
        var tag = $"\"{file.Sha256}\"";
        response.Headers.ETag = tag;
        response.Headers.AcceptRanges = "bytes";
        if (EntityTags.Match(CommonParameters.IfNoneMatch.In(request), tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var (from, to) = (0L, file.Size - 1);
        if (Wanted(request, tag) is { } range)
        {
            (from, to) = Bounds(range);
            if (from > to)
            {
                response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{file.Size}");
                await ProblemWriter.Write(httpContext, new RegistryError(
                    ErrorCode.RangeNotSatisfiable, string.Create(CultureInfo.InvariantCulture, $"The file has {file.Size} bytes.")));
                return;
            }

            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to}/{file.Size}");
        }

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(file.Path[(file.Path.LastIndexOf('/') + 1)..]);
        response.Headers.ContentDisposition = disposition.ToString();
        response.ContentType = MediaTypeNames.Application.Octet;
        response.ContentLength = to - from + 1;
        if (!HttpMethods.IsHead(request.Method))
        {
            bytes.Position = from;
            await Copy(response.Body, to - from + 1, httpContext.RequestAborted);
        }
    }

    /// <summary>The range that the caller wants, or null for all: a server may leave ranges that it doesn't know, and must do so with another unit.</summary>
    private static RangeItemHeaderValue? Wanted(HttpRequest request, string tag) =>
        RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var header)
        && header is { Ranges: { Count: 1 } ranges } && header.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
        && (IfRange.ValueIn(request) is not { } condition || condition == tag)
            ? ranges.Single()
            : null;

    /// <summary>The first and the last byte. The first is behind the last where the file has nothing of the range.</summary>
    private (long From, long To) Bounds(RangeItemHeaderValue range) => range.From is { } from
        ? (from, Math.Min(range.To ?? long.MaxValue, file.Size - 1))
        : (Math.Max(0, file.Size - range.To!.Value), range.To == 0 ? -1 : file.Size - 1);

    private async Task Copy(Stream body, long count, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (count > 0)
            {
                var read = await bytes.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, count)), cancellationToken);
                if (read == 0)
                {
                    throw new IOException($"File {file.Sha256} is shorter than its {file.Size} bytes.");
                }

                await body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                count -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
