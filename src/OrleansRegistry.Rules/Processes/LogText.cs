using System.Globalization;
using System.Text;

namespace OrleansRegistry.Processes;

/// <summary>Makes what a process has written fit to be shown (rule X9).</summary>
internal static class LogText
{
    /// <summary>The lines of a log tail, at most.</summary>
    public const int TailLines = 50;

    /// <summary>The length of a log tail in UTF-8, at most.</summary>
    public const int TailBytes = 16 * 1024;

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

    /// <summary>The last of the lines, escaped: at most <see cref="TailLines"/> and <see cref="TailBytes"/>.</summary>
    /// <param name="lines">The lines, oldest first.</param>
    public static string Tail(IReadOnlyList<string> lines)
    {
        List<string> tail = [];
        var bytes = 0;
        for (var index = lines.Count - 1; index >= 0 && tail.Count < TailLines; index--)
        {
            var line = Escape(lines[index]);
            var room = TailBytes - bytes - (tail.Count == 0 ? 0 : 1);
            if (Encoding.UTF8.GetByteCount(line) > room)
            {
                // The end of one long line says more than nothing.
                if (tail.Count == 0)
                {
                    tail.Add(End(line, room));
                }

                break;
            }

            bytes = TailBytes - room + Encoding.UTF8.GetByteCount(line);
            tail.Add(line);
        }

        tail.Reverse();
        return string.Join('\n', tail);
    }

    private static string End(string line, int bytes)
    {
        var start = line.Length;
        var taken = 0;
        foreach (var rune in line.EnumerateRunes().Reverse())
        {
            taken += rune.Utf8SequenceLength;
            if (taken > bytes)
            {
                break;
            }

            start -= rune.Utf16SequenceLength;
        }

        return line[start..];
    }

    private static bool MustEscape(char letter) =>
        (char.IsControl(letter) && letter != '\t')
        || letter is '\u2028' or '\u2029' or '\u061c' or '\u200e' or '\u200f'
            or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
