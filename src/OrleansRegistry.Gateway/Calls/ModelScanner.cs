using System.Text.Json;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the field <c>model</c> of a JSON object while the object passes by, part by part, and makes sure that it is
/// one (RFC 8259), and that there is no second <c>model</c>, in whatever case: of two, the registry and the model's
/// server could each take another. Each byte is looked at once, and none is kept but a name's or the model's.
/// </summary>
internal sealed class ModelScanner : BodyScanner
{
    /// <summary>The deepest nesting that is read.</summary>
    public const int MaxDepth = 64;

    // As long as the name can be written: each letter as an escape.
    private static readonly int MaxName = Name.Length * "\\u0000".Length;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    private readonly List<byte> _kept = [];
    private Place _place = Place.Start;
    private ulong _objects;
    private int _depth;
    private int _marks;
    private readonly JsonText _text = new();
    private JsonLiteral _literal;
    private bool _isString;
    private bool _isLiteral;
    private int _keeps;
    private bool _isModel;
    private string? _alike;

    // Where the bytes end that Scan was given.
    private long _end;

    private enum Place
    {
        Start = 0,
        FirstName = 1,
        Name = 2,
        Colon = 3,
        Value = 4,
        FirstElement = 5,
        AfterValue = 6,
        End = 7,
    }

    /// <inheritdoc/>
    public override RegistryError? Scan(ReadOnlySpan<byte> bytes)
    {
        _end += bytes.Length;
        while (bytes.Length > 0)
        {
            if (_isString)
            {
                if (ContinueString(ref bytes) is { } wrong)
                {
                    return wrong;
                }

                continue;
            }

            var next = bytes[0];
            bytes = bytes[1..];
            if (_isLiteral && IsOfLiteral(next))
            {
                if (!_literal.TryTake(next))
                {
                    return NotJson();
                }

                continue;
            }

            if (_isLiteral && !_literal.IsWhole)
            {
                return NotJson();
            }

            _isLiteral = false;
            if (!IsSpace(next) && Take(next, _end - bytes.Length) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override RegistryError? AtEnd() => _place != Place.End ? NotJson() : Model is null ? Missing() : null;

    /// <inheritdoc/>
    public override byte[] Write(string text) => JsonSerializer.SerializeToUtf8Bytes(text, JsonSettings.TypeOf<string>());

    private static RegistryError NotJson() => RegistryError.Invalid("body", "is not JSON");

    private static bool IsSpace(byte next) => next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static bool IsOfLiteral(byte next) => char.IsAsciiLetterOrDigit((char)next) || next is (byte)'-' or (byte)'+' or (byte)'.';

    /// <summary>Takes a byte outside of texts and literals; <paramref name="end"/> is the place behind it.</summary>
    private RegistryError? Take(byte next, long end)
    {
        switch (_place, (char)next)
        {
            case (Place.Start, '{') when _marks is 0 || _marks == ByteOrderMark.Length:
                return Open(isObject: true);
            case (Place.Start, _) when _marks < ByteOrderMark.Length && next == ByteOrderMark[_marks]:
                _marks++;
                return null;
            case (Place.Start, '[' or '"'):
            case (Place.Start, _) when IsOfLiteral(next):
                return RegistryError.Invalid("body", "must be a JSON object");
            case (Place.Value or Place.FirstElement, '{' or '['):
                return Open(isObject: next == '{');
            case (Place.Value or Place.FirstElement, '"'):
                Start = _isModel ? end - 1 : Start;
                return Begin(_isModel ? MaxModel : -1);
            case (Place.Value or Place.FirstElement, _) when IsOfLiteral(next):
                (_isLiteral, _literal) = (true, default);
                return _literal.TryTake(next) ? EndValue(isText: false) : NotJson();
            case (Place.FirstName or Place.Name, '"'):
                return Begin(_depth == 1 ? MaxName : -1);
            case (Place.Colon, ':'):
                _place = Place.Value;
                return null;
            case (Place.AfterValue, ','):
                _place = IsInObject ? Place.Name : Place.Value;
                return null;
            case (Place.AfterValue or Place.FirstName, '}') when IsInObject:
            case (Place.AfterValue or Place.FirstElement, ']') when !IsInObject:
                return Close();
            default:
                return NotJson();
        }
    }

    private bool IsInObject => (_objects & 1) != 0;

    private RegistryError? Open(bool isObject)
    {
        if (_isModel)
        {
            return NoText();
        }

        if (++_depth > MaxDepth)
        {
            return RegistryError.Invalid("body", $"must be at most {MaxDepth} levels deep");
        }

        _objects = (_objects << 1) | (isObject ? 1u : 0);
        _place = isObject ? Place.FirstName : Place.FirstElement;
        return null;
    }

    private RegistryError? Close()
    {
        _objects >>= 1;
        _depth--;
        _place = _depth == 0 ? Place.End : Place.AfterValue;
        return null;
    }

    private RegistryError? Begin(int keeps)
    {
        (_isString, _keeps) = (true, keeps);
        _kept.Clear();
        return null;
    }

    private RegistryError? ContinueString(ref ReadOnlySpan<byte> bytes)
    {
        if (!_text.TryTake(bytes, out var length, out var isEnd))
        {
            return _isModel ? RegistryError.Invalid(Name, WellFormedText.Rule) : NotJson();
        }

        Keep(bytes[..(isEnd ? length - 1 : length)]);
        bytes = bytes[length..];
        End = isEnd && _isModel ? _end - bytes.Length : End;
        return isEnd ? EndString() : null;
    }

    /// <summary>Keeps bytes of a name or the model, and one more than there may be.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_keeps >= 0)
        {
            _kept.AddRange(bytes[..Math.Min(bytes.Length, _keeps + 1 - _kept.Count)]);
        }
    }

    private RegistryError? EndString()
    {
        _isString = false;
        if (_place is Place.Value or Place.FirstElement)
        {
            return EndValue(isText: true);
        }

        _place = Place.Colon;
        if (_depth != 1 || _kept.Count > MaxName)
        {
            return null;
        }

        if (Kept() is not { } name)
        {
            return RegistryError.Invalid("body", "has a field whose name is not Unicode text");
        }

        _isModel = name == Name;
        if (!name.Equals(Name, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // Some servers read names in any case.
        var before = _alike;
        _alike = name;
        return before is null || (before == name && !_isModel) ? null : Twice(before, name);
    }

    private RegistryError? EndValue(bool isText)
    {
        _place = Place.AfterValue;
        if (!_isModel)
        {
            return null;
        }

        _isModel = false;
        if (!isText || _kept.Count == 0)
        {
            return NoText();
        }

        if (_kept.Count > MaxModel)
        {
            return TooLong();
        }

        Model = Kept();
        return Model is null ? RegistryError.Invalid(Name, WellFormedText.Rule) : null;
    }

    private static RegistryError NoText() => RegistryError.Invalid(Name, "must be a string");

    /// <summary>The text that was kept, or null when it is none.</summary>
    private string? Kept()
    {
        var reader = new Utf8JsonReader([(byte)'"', .. _kept, (byte)'"']);
        try
        {
            return reader.Read() ? reader.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
