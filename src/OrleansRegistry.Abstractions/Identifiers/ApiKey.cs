using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansRegistry;

/// <summary>
/// The text of an API key: <c>ork_{prefix}_{secret}{checksum}</c>. The prefix, 8 characters of <see cref="ModelId.Alphabet"/>, names the key
/// and is no secret. The secret has 32 random characters of 62, which are 190 bits. The checksum is the CRC-32 of all before it, in 6
/// characters of the same 62, so that a typo is told from a key without asking anybody, and scanners find keys without false alarms.
/// </summary>
internal static class ApiKey
{
    /// <summary>What every key begins with.</summary>
    public const string Marker = "ork_";

    /// <summary>How many characters a prefix has.</summary>
    public const int PrefixLength = 8;

    private const int SecretLength = 32;
    private const int Length = 4 + PrefixLength + 1 + SecretLength + SecretText.ChecksumLength;

    private static readonly SearchValues<char> PrefixCharacters = SearchValues.Create(ModelId.Alphabet);

    /// <summary>Draws a new key.</summary>
    public static string Create()
    {
        var text = $"{Marker}{RandomNumberGenerator.GetString(ModelId.Alphabet, PrefixLength)}_{RandomNumberGenerator.GetString(SecretText.Digits, SecretLength)}";
        return text + SecretText.Checksum(text);
    }

    /// <summary>Reads the prefix of a key. What is no key, or has a wrong checksum, is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out string? prefix)
    {
        prefix = null;
        if (text is not { Length: Length } || !text.StartsWith(Marker, StringComparison.Ordinal) || !SecretText.HasChecksum(text)
            || text[Marker.Length + PrefixLength] != '_' || !IsPrefix(text.AsSpan(Marker.Length, PrefixLength)))
        {
            return false;
        }

        prefix = text.Substring(Marker.Length, PrefixLength);
        return true;
    }

    /// <summary>Says whether a text has the form of a prefix.</summary>
    public static bool IsPrefix(ReadOnlySpan<char> text) => text.Length == PrefixLength && !text.ContainsAnyExcept(PrefixCharacters);
}
