using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The inside of a JSON string (RFC 8259, sections 7 and 8.1), part by part: escapes that there are, UTF-8, and no
/// control characters.
/// </summary>
internal sealed class JsonText
{
    private const int HexDigits = 4;

    // The longest a character is in UTF-8.
    private const int MaxCharacter = 4;

    private static readonly SearchValues<byte> Special = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(code => (byte)code)]);

    private readonly byte[] _character = new byte[MaxCharacter];
    private int _characterLength;
    private bool _isEscape;
    private int _hexDigits;

    /// <summary>
    /// Takes bytes up to the end of the string, or all of them. False when they are none of a string.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="length">How many of them belong to the string, with the quotation mark at its end.</param>
    /// <param name="isEnd">Whether the string has ended.</param>
    public bool TryTake(ReadOnlySpan<byte> bytes, out int length, out bool isEnd)
    {
        (length, isEnd) = (0, false);
        while (length < bytes.Length)
        {
            if (_isEscape || _hexDigits > 0)
            {
                if (!TryTakeEscaped(bytes[length++]))
                {
                    return false;
                }

                continue;
            }

            var rest = bytes[length..];
            var plain = rest.IndexOfAny(Special);
            var isSpecial = plain >= 0;
            if (!TryTakePlain(isSpecial ? rest[..plain] : rest, isSpecial))
            {
                return false;
            }

            length += isSpecial ? plain + 1 : rest.Length;
            switch (isSpecial ? rest[plain] : default(byte?))
            {
                case (byte)'"':
                    isEnd = true;
                    return true;
                case (byte)'\\':
                    _isEscape = true;
                    break;
                case not null:
                    return false;
            }
        }

        return true;
    }

    private bool TryTakeEscaped(byte next)
    {
        if (_hexDigits > 0)
        {
            _hexDigits--;
            return char.IsAsciiHexDigit((char)next);
        }

        _isEscape = false;
        _hexDigits = next == 'u' ? HexDigits : 0;
        return "\"\\/bfnrtu"u8.Contains(next);
    }

    /// <summary>
    /// Takes bytes that are characters as they are; where more bytes come, the last character may go on in them.
    /// </summary>
    private bool TryTakePlain(ReadOnlySpan<byte> bytes, bool isLast)
    {
        while (_characterLength > 0 && bytes.Length > 0)
        {
            _character[_characterLength++] = bytes[0];
            bytes = bytes[1..];
            var status = Rune.DecodeFromUtf8(_character.AsSpan(0, _characterLength), out _, out _);
            if (status == OperationStatus.InvalidData)
            {
                return false;
            }

            _characterLength = status == OperationStatus.Done ? 0 : _characterLength;
        }

        if (_characterLength > 0)
        {
            return !isLast;
        }

        var open = isLast ? 0 : Open(bytes);
        bytes[^open..].CopyTo(_character);
        _characterLength = open;
        return Utf8.IsValid(bytes[..^open]);
    }

    /// <summary>How many bytes at the end are the beginning of a character.</summary>
    private static int Open(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length < MaxCharacter && length <= bytes.Length; length++)
        {
            if (Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == OperationStatus.NeedMoreData)
            {
                return length;
            }
        }

        return 0;
    }
}
