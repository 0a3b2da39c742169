namespace OrleansRegistry.Gateway;

/// <summary>
/// A number, <c>true</c>, <c>false</c> or <c>null</c> of JSON (RFC 8259, sections 3 and 6), byte by byte.
/// </summary>
internal struct JsonLiteral
{
    private State _state;
    private Word _word;
    private int _length;

    private enum State
    {
        Start = 0,
        Minus = 1,
        Zero = 2,
        Whole = 3,
        Point = 4,
        Fraction = 5,
        Exponent = 6,
        ExponentSign = 7,
        ExponentDigits = 8,
        Letters = 9,
    }

    private enum Word
    {
        True = 0,
        False = 1,
        Null = 2,
    }

    /// <summary>Whether it may end here.</summary>
    public readonly bool IsWhole => _state switch
    {
        State.Zero or State.Whole or State.Fraction or State.ExponentDigits => true,
        State.Letters => _length == Text(_word).Length,
        _ => false,
    };

    /// <summary>Takes the next byte; false when it can't stand there.</summary>
    public bool TryTake(byte next)
    {
        var isDigit = char.IsAsciiDigit((char)next);
        State? state = (_state, (char)next) switch
        {
            (State.Start, '-') => State.Minus,
            (State.Start or State.Minus, '0') => State.Zero,
            (State.Start or State.Minus or State.Whole, _) when isDigit => State.Whole,
            (State.Zero or State.Whole, '.') => State.Point,
            (State.Point or State.Fraction, _) when isDigit => State.Fraction,
            (State.Zero or State.Whole or State.Fraction, 'e' or 'E') => State.Exponent,
            (State.Exponent, '+' or '-') => State.ExponentSign,
            (State.Exponent or State.ExponentSign or State.ExponentDigits, _) when isDigit => State.ExponentDigits,
            (State.Start, 't' or 'f' or 'n') => State.Letters,
            (State.Letters, _) when _length < Text(_word).Length && Text(_word)[_length] == next => State.Letters,
            _ => null,
        };
        if (_state == State.Start)
        {
            _word = (char)next switch { 't' => Word.True, 'f' => Word.False, _ => Word.Null };
        }

        _length = state == State.Letters ? _length + 1 : 0;
        _state = state ?? _state;
        return state is not null;
    }

    private static ReadOnlySpan<byte> Text(Word word) => word switch
    {
        Word.True => "true"u8,
        Word.False => "false"u8,
        _ => "null"u8,
    };
}
