using System.Globalization;
using System.Text;

namespace OrleansRegistry.Processes;

/// <summary>Makes what a process has written fit to be shown (rule X9).</summary>
internal static class LogText
{
    /// <summary>
    /// Escapes what could act on a terminal or reorder text: the controls C0 and C1 but for the tab, line and paragraph
    /// separators, and the controls of direction. <c>\u001b</c> stands for an escape character.
    /// </summary>
    public static string Escape(string text)
    {
        if (!text.Any(MustEscape))
        {
            return text;
        }

        StringBuilder escaped = new(text.Length + 16);
        foreach (var letter in text)
        {
            _ = MustEscape(letter)
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}")
                : escaped.Append(letter);
        }

        return escaped.ToString();
    }

    private static bool MustEscape(char letter) =>
        (char.IsControl(letter) && letter != '\t')
        || letter is '\u2028' or '\u2029' or '\u061c' or '\u200e' or '\u200f'
            or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
