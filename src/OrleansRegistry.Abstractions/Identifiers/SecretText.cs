using System.IO.Hashing;
using System.Text;

namespace OrleansRegistry;

/// <summary>
/// Texts that hold a secret end with the CRC-32 of all before it, in 6 characters of 62: a typo is told from a secret
/// without asking anybody, and scanners find such texts without false alarms.
/// </summary>
internal static class SecretText
{
    /// <summary>The 62 characters of secrets and checksums.</summary>
    public const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The number of characters of a checksum.</summary>
    public const int ChecksumLength = 6;

    /// <summary>Whether a text is ASCII and ends with its checksum.</summary>
    public static bool HasChecksum(ReadOnlySpan<char> text) =>
        text.Length > ChecksumLength && Ascii.IsValid(text) && text[^ChecksumLength..].SequenceEqual(Checksum(text[..^ChecksumLength]));

    /// <summary>The checksum of a text of ASCII characters.</summary>
    public static string Checksum(ReadOnlySpan<char> text)
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
