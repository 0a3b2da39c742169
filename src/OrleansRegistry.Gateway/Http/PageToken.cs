using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Makes page tokens. They are signed, and tied to workspace, list, filters and order: any other token is refused
/// instead of misread.
/// </summary>
/// <param name="sign">Signs bytes: the first signature is the one to give, and each is taken.</param>
internal sealed class PageTokens(Func<byte[], IReadOnlyList<byte[]>> sign)
{
    /// <summary>The tokens of a list.</summary>
    /// <param name="workspace">The workspace of the list.</param>
    /// <param name="filter">The list's kind, filters and order.</param>
    internal PageToken For(string workspace, params ReadOnlySpan<string?> filter) => new(sign, [workspace, .. filter]);
}

/// <summary>
/// A place in a list, as callers carry it from page to page: opaque, and signed together with what the list is of.
/// </summary>
internal sealed class PageToken(Func<byte[], IReadOnlyList<byte[]>> sign, string?[] filter)
{
    private const string InstantFormat = "O";

    private readonly string _filter = JsonSerializer.Serialize(filter, PageTokenJson.Default.StringArray);

    /// <summary>The token of a place.</summary>
    public string Encode(params string[] cursor) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new Content(Sign(cursor)[0], cursor), PageTokenJson.Default.Content));

    /// <summary>The place that a token leads to.</summary>
    public bool TryDecode(string token, int parts, [NotNullWhen(true)] out string[]? cursor)
    {
        cursor = null;
        try
        {
            if (JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token), PageTokenJson.Default.Content) is { Signature: { } signature, Cursor: { } found }
                && found.Length == parts && found.All(part => part is not null)
                && Sign(found).Any(ours => CryptographicOperations.FixedTimeEquals(signature, ours)))
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

    /// <summary>An instant as a part of a place.</summary>
    public static string Text(DateTimeOffset instant) => instant.ToString(InstantFormat, CultureInfo.InvariantCulture);

    /// <summary>Reads an instant.</summary>
    public static bool TryParseInstant(string text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParseExact(text, InstantFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);

    /// <summary>The error of a token that doesn't fit.</summary>
    public static RegistryError Refusal() => RegistryError.Invalid("page_token", "is not a token of this list with these parameters");

    private IReadOnlyList<byte[]> Sign(string[] cursor) =>
        sign(Encoding.UTF8.GetBytes(_filter + JsonSerializer.Serialize(cursor, PageTokenJson.Default.StringArray)));

    internal sealed record Content([property: JsonPropertyName("s")] byte[] Signature, [property: JsonPropertyName("c")] string[] Cursor);
}

[JsonSerializable(typeof(PageToken.Content))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class PageTokenJson : JsonSerializerContext;
