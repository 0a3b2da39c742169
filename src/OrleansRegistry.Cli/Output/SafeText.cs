using System.Globalization;
using System.Text;

namespace OrleansRegistry.Cli.Output;

/// <summary>
/// Text that others wrote, as a terminal may have it: no control characters, and no marks that move the cursor or turn
/// the direction of text. Each is shown by its code.
/// </summary>
internal static class SafeText
{
    /// <summary>A text in one line.</summary>
    public static string Line(string text) => Escape(text, static rune => $"\\u{{{rune.Value:X}}}", "\\n");

    /// <summary>A text that may have lines.</summary>
    public static string Lines(string text) => Escape(text, static rune => $"\\u{{{rune.Value:X}}}", "\n");

    /// <summary>JSON text with the same meaning: what is escaped can only stand within strings.</summary>
    public static string Json(string json) => Escape(
        json, static rune => string.Concat(rune.ToString().Select(unit => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"))), "\n");

    private static string Escape(string text, Func<Rune, string> escape, string lineFeed)
    {
        if (text.All(static c => c is >= ' ' and <= '~'))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            var isUnsafe = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
            _ = rune.Value == '\n' ? safe.Append(lineFeed) : isUnsafe ? safe.Append(escape(rune)) : safe.Append(
                rune.ToString());
        }

        return safe.ToString();
    }
}
