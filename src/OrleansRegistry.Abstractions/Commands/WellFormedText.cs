using System.Text;

namespace OrleansRegistry;

/// <summary>
/// Which texts can be stored: PostgreSQL's <c>jsonb</c> refuses U+0000 and lone surrogates, and SQLite cuts a text at U+0000.
/// </summary>
public static class WellFormedText
{
    /// <summary>The rule, for messages.</summary>
    public const string Rule = "must be Unicode text without U+0000 and lone surrogates";

    /// <summary>Says whether a text keeps the rule.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] == '\0' || Rune.DecodeFromUtf16(text, out _, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            text = text[consumed..];
        }

        return true;
    }
}
