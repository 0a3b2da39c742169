using System.Globalization;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Looks at a query as it was sent: the server takes what is badly encoded for the text that it looks like.
/// </summary>
internal static class QueryTexts
{
    private const string Rule = "must be UTF-8 that is percent-encoded";

    /// <summary>The parameters that are no text.</summary>
    public static IEnumerable<FieldError> Problems(HttpRequest request)
    {
        if (request.QueryString.Value is not { Length: > 1 } query || !query.Contains('%', StringComparison.Ordinal))
        {
            yield break;
        }

        foreach (var parameter in query[1..].Split('&').Where(parameter => !IsText(parameter)))
        {
            var name = parameter.Split('=')[0];
            yield return new FieldError(IsText(name) ? Uri.UnescapeDataString(name) : "query", Rule);
        }
    }

    private static bool IsText(string encoded)
    {
        var bytes = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
            {
                bytes[length++] = (byte)Math.Min(encoded[i], '\x7f');
            }
            else if (i + 2 < encoded.Length && TryParse(encoded.AsSpan(i + 1, 2), out bytes[length]))
            {
                i += 2;
                length++;
            }
            else
            {
                return false;
            }
        }

        return Utf8.IsValid(bytes.AsSpan(0, length));
    }

    private static bool TryParse(ReadOnlySpan<char> digits, out byte value) =>
        byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
