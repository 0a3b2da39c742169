using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A place in a list, as callers carry it from page to page: opaque, and tied to the list and its filters, so that a token of another
/// list, another filter or another order is refused instead of misread. It protects from mistakes, not from forgers, who gain nothing.
/// </summary>
/// <param name="filter">What the list is of, its filters and its order.</param>
internal sealed class PageToken(params ReadOnlySpan<string?> filter)
{
    private readonly string _filter = JsonSerializer.Serialize([.. filter], PageTokenJson.Default.StringArray);

    /// <summary>The token of a place.</summary>
    public string Encode(params string[] cursor) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Content(Hash(cursor), cursor), PageTokenJson.Default.Content));

    /// <summary>The place that a token leads to.</summary>
    public bool TryDecode(string token, int parts, [NotNullWhen(true)] out string[]? cursor)
    {
        cursor = null;
        try
        {
            if (JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token), PageTokenJson.Default.Content) is { Hash: { } hash, Cursor: { } found }
                && found.Length == parts && found.All(part => part is not null) && hash == Hash(found))
            {
                cursor = found;
            }
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // No token of ours.
        }

        return cursor is not null;
    }

    /// <summary>The error of a token that doesn't fit.</summary>
    public static RegistryError Refusal() => RegistryError.Invalid("page_token", "is not a token of this list with these parameters");

    private string Hash(string[] cursor)
    {
        var text = _filter + JsonSerializer.Serialize(cursor, PageTokenJson.Default.StringArray);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
    }

    internal sealed record Content([property: JsonPropertyName("f")] string Hash, [property: JsonPropertyName("c")] string[] Cursor);
}

[JsonSerializable(typeof(PageToken.Content))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class PageTokenJson : JsonSerializerContext;
