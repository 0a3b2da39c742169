using System.Buffers;
using System.Text;

namespace OrleansRegistry;

/// <summary>
/// Which texts can be stored: PostgreSQL's <c>jsonb</c> refuses U+0000 and lone surrogates, and SQLite cuts a text at
/// U+0000.
/// </summary>
internal static class WellFormedText
{
    /// <summary>The rule, for messages.</summary>
    public const string Rule = "must be Unicode text without U+0000 and lone surrogates";

    /// <summary>The rule of names, for messages.</summary>
    public const string NameRule = "must not contain control characters, line breaks or marks that change the direction of text";

    /// <summary>
    /// The control characters, the line and paragraph separators, and what Unicode calls Bidi_Control.
    /// </summary>
    private static readonly SearchValues<char> NoNameCharacters = SearchValues.Create(
    [
        .. Enumerable.Range('\0', ' ').Select(c => (char)c), .. Enumerable.Range('\x7f', 33).Select(c => (char)c),
        '\u061c', '\u200e', '\u200f', .. "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ]);

    /// <summary>
    /// Says whether a text can be a name: it keeps the rule, and where it is shown it changes nothing around it.
    /// </summary>
    public static bool IsName(ReadOnlySpan<char> text) => !text.ContainsAny(NoNameCharacters) && IsWellFormed(text);

    /// <summary>Says whether a text keeps the rule.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] == '\0' || Rune.DecodeFromUtf16(text, out _, out var consumed) != OperationStatus.Done)
            {
                return false;
            }

            text = text[consumed..];
        }

        return true;
    }
}
