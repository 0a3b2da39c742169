using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

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
    private const int ChecksumLength = 6;
    private const int Length = 4 + PrefixLength + 1 + SecretLength + ChecksumLength;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> PrefixCharacters = SearchValues.Create(ModelId.Alphabet);

    /// <summary>Draws a new key.</summary>
    public static string Create()
    {
        var text = $"{Marker}{RandomNumberGenerator.GetString(ModelId.Alphabet, PrefixLength)}_{RandomNumberGenerator.GetString(Digits, SecretLength)}";
        return text + Checksum(text);
    }

    /// <summary>Reads the prefix of a key. What is no key, or has a wrong checksum, is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out string? prefix)
    {
        prefix = null;
        if (text is not { Length: Length } || !text.StartsWith(Marker, StringComparison.Ordinal) || !Ascii.IsValid(text)
            || text[Marker.Length + PrefixLength] != '_' || !IsPrefix(text.AsSpan(Marker.Length, PrefixLength)))
        {
            return false;
        }

        if (!text.AsSpan(Length - ChecksumLength).SequenceEqual(Checksum(text.AsSpan(0, Length - ChecksumLength))))
        {
            return false;
        }

        prefix = text.Substring(Marker.Length, PrefixLength);
        return true;
    }

    /// <summary>Says whether a text has the form of a prefix.</summary>
    public static bool IsPrefix(ReadOnlySpan<char> text) => text.Length == PrefixLength && !text.ContainsAnyExcept(PrefixCharacters);

    private static string Checksum(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[text.Length];
        Encoding.ASCII.GetBytes(text, bytes);
        var rest = Crc32.HashToUInt32(bytes);
        Span<char> digits = stackalloc char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            (rest, var digit) = Math.DivRem(rest, (uint)Digits.Length);
            digits[i] = Digits[(int)digit];
        }

        return new string(digits);
    }
}
