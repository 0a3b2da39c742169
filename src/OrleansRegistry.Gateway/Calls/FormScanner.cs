using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the field <c>model</c> of a form (RFC 7578, <c>multipart/form-data</c>). Of the parts none is kept but the
/// heads, one at a time, and the field. What forms of clients never have, and servers read in different ways, is
/// refused: text in front of the first part and behind the last one, lines that end otherwise than by CR LF or go on
/// with the next one, two boundaries, and a part that says its name twice.
/// </summary>
internal sealed class FormScanner : BodyScanner
{
    private const string Form = "multipart/form-data";
    private const int MaxBoundary = 70;
    private const int MaxHead = 8192;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _delimiter;
    private readonly List<byte> _kept = [];
    private Place _place = Place.Content;

    // As if the first delimiter came behind the end of a line, like all others.
    private int _matched = 2;
    private bool _isFirst = true;
    private bool _isModel;
    private string? _alike;
    private bool _hasEnded;
    private long _end;

    private FormScanner(string boundary) => _delimiter = Encoding.ASCII.GetBytes("\r\n--" + boundary);

    private enum Place
    {
        Content = 0,
        BehindDelimiter = 1,
        Head = 2,
        End = 3,
    }

    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;

    /// <summary>The scanner of a request whose body is a form; false where it is none, and why it can't be read.</summary>
    public static bool TryMake(HttpRequest request, [NotNullWhen(true)] out FormScanner? scanner, out RegistryError? refusal)
    {
        (scanner, refusal) = (null, null);
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(Form, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value ?? "";
        if (Named(type.Parameters, "boundary") != 1 || boundary.Length is 0 or > MaxBoundary || !boundary.All(c => c is >= ' ' and <= '~') || boundary[^1] == ' ')
        {
            refusal = RegistryError.Invalid("Content-Type", "must have one boundary of the form, 1 to 70 characters");
            return false;
        }

        scanner = new FormScanner(boundary);
        return true;
    }

    /// <inheritdoc/>
    public override RegistryError? Scan(ReadOnlySpan<byte> bytes)
    {
        _end += bytes.Length;
        while (bytes.Length > 0)
        {
            var refusal = _place switch
            {
                Place.Content => Content(ref bytes),
                Place.BehindDelimiter => BehindDelimiter(ref bytes),
                Place.Head => Head(ref bytes),
                Place.End or _ => Epilogue(ref bytes),
            };
            if (refusal is not null)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override RegistryError? AtEnd() => !_hasEnded ? NoForm() : Model is null ? Missing() : null;

    /// <inheritdoc/>
    public override byte[] Write(string text) => Encoding.UTF8.GetBytes(text);

    private static RegistryError NoForm() => RegistryError.Invalid("body", "is not multipart/form-data with the boundary of its Content-Type");

    /// <summary>Looks for the delimiter behind a part. Of its bytes only the first one is a CR.</summary>
    private RegistryError? Content(ref ReadOnlySpan<byte> bytes)
    {
        if (_matched == 0)
        {
            var plain = bytes.IndexOf(_delimiter[0]);
            plain = plain < 0 ? bytes.Length : plain;
            if (Keep(bytes[..plain]) is { } tooLong)
            {
                return tooLong;
            }

            bytes = bytes[plain..];
            if (bytes.IsEmpty)
            {
                return null;
            }
        }

        var next = bytes[0];
        if (next == _delimiter[_matched])
        {
            bytes = bytes[1..];
            if (++_matched < _delimiter.Length)
            {
                return null;
            }

            (_matched, _isFirst, _place) = (0, false, Place.BehindDelimiter);
            return EndPart(_end - bytes.Length - _delimiter.Length);
        }

        // What looked like a delimiter was none. The byte may begin one.
        var seen = _matched;
        _matched = 0;
        return _isFirst ? NoForm() : Keep(_delimiter.AsSpan(0, seen));
    }

    /// <summary>A part goes on behind the end of the line, and the form ends with two hyphens.</summary>
    private RegistryError? BehindDelimiter(ref ReadOnlySpan<byte> bytes)
    {
        _kept.Add(bytes[0]);
        bytes = bytes[1..];
        switch (_kept)
        {
            case [(byte)'\r'] or [(byte)'-']:
                return null;
            case [(byte)'\r', (byte)'\n']:
                // Its end counts as the end of a line of the head, which may be empty.
                _place = Place.Head;
                return null;
            case [(byte)'-', (byte)'-']:
                (_place, _hasEnded) = (Place.End, true);
                _kept.Clear();
                return null;
            default:
                return NoForm();
        }
    }

    private RegistryError? Head(ref ReadOnlySpan<byte> bytes)
    {
        _kept.Add(bytes[0]);
        bytes = bytes[1..];
        if (_kept.Count > MaxHead)
        {
            return RegistryError.Invalid("body", $"has a part whose head is longer than {MaxHead} bytes");
        }

        if (!CollectionsMarshal.AsSpan(_kept).EndsWith(EndOfHead))
        {
            return null;
        }

        if (NameOf(_kept) is not { } name)
        {
            return RegistryError.Invalid("body", "has a part that doesn't say its name: Content-Disposition: form-data; name=\"…\"");
        }

        _kept.Clear();
        _place = Place.Content;
        _isModel = name == Name;
        if (!name.Equals(Name, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (_alike is { } before)
        {
            return Twice(before, name);
        }

        _alike = name;
        Start = _isModel ? _end - bytes.Length : Start;
        return null;
    }

    private static RegistryError? Epilogue(ref ReadOnlySpan<byte> bytes)
    {
        var isBlank = bytes.IndexOfAnyExcept((byte)'\r', (byte)'\n') < 0;
        bytes = [];
        return isBlank ? null : NoForm();
    }

    private RegistryError? Keep(ReadOnlySpan<byte> bytes)
    {
        if (!_isModel)
        {
            return null;
        }

        if (_kept.Count + bytes.Length > MaxModel)
        {
            return TooLong();
        }

        _kept.AddRange(bytes);
        return null;
    }

    private RegistryError? EndPart(long end)
    {
        if (!_isModel)
        {
            return null;
        }

        _isModel = false;
        End = end;
        if (!TryText(_kept, out var text))
        {
            return RegistryError.Invalid(Name, WellFormedText.Rule);
        }

        _kept.Clear();
        Model = text;
        return text.Length == 0 ? Missing() : null;
    }

    /// <summary>The name of the field that a part is, or null.</summary>
    private static string? NameOf(List<byte> head)
    {
        if (!TryText(head, out var text))
        {
            return null;
        }

        string? name = null;
        foreach (var line in text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(' ', '\t') || line.AsSpan().ContainsAny('\r', '\n', '\0'))
            {
                return null;
            }

            if (!line.AsSpan(0, colon).Equals(HeaderNames.ContentDisposition, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (name is not null || !ContentDispositionHeaderValue.TryParse(line[(colon + 1)..].Trim(), out var disposition)
                || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)
                || disposition.Name.Length == 0 || Named(disposition.Parameters, "name") != 1)
            {
                return null;
            }

            name = HeaderUtilities.UnescapeAsQuotedString(disposition.Name).Value;
        }

        return name;
    }

    /// <summary>How often a parameter is there, in its extended form (<c>name*</c>, RFC 2231) too.</summary>
    private static int Named(IList<NameValueHeaderValue> parameters, string name) => parameters.Count(
        parameter => parameter.Name.AsSpan().TrimEnd('*').Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool TryText(List<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            text = null;
        }

        return text is not null;
    }
}
