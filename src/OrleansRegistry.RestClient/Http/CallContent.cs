using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansRegistry.RestClient;

/// <summary>The body of a call, as the model's server takes it. The registry passes it on as it is.</summary>
public sealed class CallContent
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly MediaTypeHeaderValue _contentType;

    /// <summary>A body of bytes.</summary>
    /// <param name="bytes">The bytes. They must stay as they are until the call has ended.</param>
    /// <param name="contentType">Their media type.</param>
    /// <exception cref="FormatException"><paramref name="contentType"/> is no media type.</exception>
    public CallContent(ReadOnlyMemory<byte> bytes, string contentType = "application/octet-stream")
    {
        _bytes = bytes;
        _contentType = MediaTypeHeaderValue.Parse(contentType);
    }

    /// <summary>A call without a body.</summary>
    public static CallContent Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>How long the answer may be silent; null for the client's own timeout.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>A body of JSON text, which is not looked at.</summary>
    public static CallContent Json(string json) => new(Encoding.UTF8.GetBytes(json), "application/json");

    /// <summary>A body of a JSON value.</summary>
    public static CallContent Json(JsonElement json) => Json(json.GetRawText());

    /// <summary>A body of a JSON value.</summary>
    public static CallContent Json(JsonNode json) => Json(json.ToJsonString());

    /// <summary>The body for one try; null for none.</summary>
    internal HttpContent? ToHttp()
    {
        if (_bytes.IsEmpty)
        {
            return null;
        }

        var content = new ReadOnlyMemoryContent(_bytes);
        content.Headers.ContentType = _contentType;
        return content;
    }
}
