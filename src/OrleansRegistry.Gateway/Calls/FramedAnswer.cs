using System.Net;
using System.Net.Mime;
using System.Text;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A server's JSON answer as the member of an object that says which version answered. It passes as it comes; what is
/// around it is written in front of its first byte and behind its last.
/// </summary>
internal sealed class FramedAnswer(byte[] begin, Stream answer) : AsyncStream
{
    private static readonly byte[] End = [(byte)'}'];

    // An answer without a body is no value.
    private static readonly byte[] EndOfNothing = [.. "null}"u8];

    private ReadOnlyMemory<byte> _own = begin;
    private bool _isEmpty = true;
    private bool _isOver;

    /// <summary>What an object begins with whose last member is the answer of a version.</summary>
    public static byte[] Begin(ResolvedVersion version) => Encoding.ASCII.GetBytes(
        $$"""{"model_id":"{{version.VersionId[..ModelId.Length]}}","model_version_id":"{{version.VersionId}}","model_output":""");

    /// <summary>
    /// Whether an answer is a JSON document that says it succeeded. A stream of documents (<c>application/stream+json</c>)
    /// is none, whatever its suffix says.
    /// </summary>
    public static bool Fits(HttpResponseMessage answer) =>
        answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.PartialContent
        && answer.Content.Headers is { ContentEncoding.Count: 0, ContentType: { MediaType: { } type, CharSet: var charset } }
        && (type.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase))
        && !type.EndsWith("stream+json", StringComparison.OrdinalIgnoreCase)
        && (charset is null || charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_own.IsEmpty && !_isOver)
        {
            var read = await answer.ReadAsync(buffer, cancellationToken);
            if (read > 0 || buffer.IsEmpty)
            {
                _isEmpty &= read == 0;
                return read;
            }

            (_own, _isOver) = (_isEmpty ? EndOfNothing : End, true);
        }

        var part = _own[..Math.Min(_own.Length, buffer.Length)];
        part.CopyTo(buffer);
        _own = _own[part.Length..];
        return part.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            answer.Dispose();
        }

        base.Dispose(disposing);
    }
}
