using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRegistry.Billing;

/// <summary>
/// Exact sums of money. A price is a whole number of billionths a minute, active time a whole number of milliseconds,
/// so that a price times a time is a whole number too: nothing is lost until an amount is rounded, once (rule B1). No
/// floating point takes part.
/// </summary>
/// <param name="Units">Billionths of the currency, times milliseconds, at a price for each minute.</param>
internal readonly partial record struct Money(Int128 Units)
{
    /// <summary>The rule of a price for each minute.</summary>
    public const string PriceRule = "must be a decimal number of at least 0 in quotes, with at most nine digits before and nine behind the point, such as \"0.0125\"";

    private const int PriceDigits = 9;
    private const long MillisecondsPerMinute = 60_000;

    /// <summary>Adds two amounts.</summary>
    public static Money operator +(Money one, Money other) => new(one.Units + other.Units);

    /// <summary>The cost of active time.</summary>
    /// <param name="pricePerMinute">A price as <see cref="IsPrice"/> allows it.</param>
    /// <param name="milliseconds">The active time.</param>
    public static Money Of(string pricePerMinute, long milliseconds) => new((Int128)Billionths(pricePerMinute) * milliseconds);

    /// <summary>Says whether a text is a price.</summary>
    public static bool IsPrice(string text) => PriceText.IsMatch(text);

    /// <summary>The amount as text with a number of decimals, rounded half to even.</summary>
    public string Round(int digits)
    {
        var scale = Int128.One;
        for (var digit = 0; digit < digits; digit++)
        {
            scale *= 10;
        }

        var divisor = (Int128)MillisecondsPerMinute * 1_000_000_000;
        var (whole, rest) = (Units / divisor, Units % divisor);
        var (parts, remainder) = Int128.DivRem(rest * scale, divisor);
        var twice = remainder * 2;
        if (twice > divisor || (twice == divisor && Int128.IsOddInteger(digits == 0 ? whole : parts)))
        {
            parts += 1;
        }

        (whole, parts) = (whole + (parts / scale), parts % scale);
        return digits == 0
            ? whole.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{whole}.{parts.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}");
    }

    private static long Billionths(string price)
    {
        var point = price.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? price : price[..point];
        var parts = point < 0 ? "" : price[(point + 1)..];
        return long.Parse(whole + parts.PadRight(PriceDigits, '0'), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PriceText { get; }
}
