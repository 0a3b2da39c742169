using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Instants as requests name them: a date, which is its midnight in UTC, or RFC 3339 with at most milliseconds.
/// </summary>
internal static class Instants
{
    /// <summary>The rule of such a text, for messages.</summary>
    public const string Rule = "must be a date (2026-03-01) or an RFC 3339 time with an offset and at most milliseconds (2026-03-01T12:30:00.000Z), from 1970 on";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.fK", "yyyy-MM-dd'T'HH:mm:ss.ffK", "yyyy-MM-dd'T'HH:mm:ss.fffK",
    ];

    /// <summary>What is wrong with a text, or null.</summary>
    public static string? ProblemOf(string text) => TryParse(text, out _) ? null : Rule;

    /// <summary>The instant that a parameter of a request names, or null when it is absent.</summary>
    public static DateTimeOffset? In(RequestParameter parameter, HttpRequest request) =>
        parameter.ValueIn(request) is { } text && TryParse(text, out var instant) ? instant : null;

    /// <summary>Reads an instant.</summary>
    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        instant = default;
        // RFC 3339 takes both letters in either case.
        var upper = text?.Replace('t', 'T').Replace('z', 'Z');
        var isDate = upper?.Length == "yyyy-MM-dd".Length;
        var hasOffset = upper is [.., 'Z'] || upper is [.., '+' or '-', _, _, ':', _, _];
        if (!(isDate || hasOffset)
            || !DateTimeOffset.TryParseExact(upper, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant))
        {
            return false;
        }

        return instant.Year is >= 1970 and < 9999;
    }
}
