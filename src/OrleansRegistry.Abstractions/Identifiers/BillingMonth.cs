using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry;

/// <summary>A calendar month in UTC, <c>2026-03</c>: what a statement is about.</summary>
/// <param name="Start">Its first instant.</param>
internal readonly record struct BillingMonth(DateTimeOffset Start)
{
    /// <summary>How long after its end a month can be closed at the earliest (rule B5).</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>The first instant behind it.</summary>
    public DateTimeOffset End => Start.AddMonths(1);

    /// <summary>The month that an instant belongs to.</summary>
    public static BillingMonth Of(DateTimeOffset instant)
    {
        var utc = instant.UtcDateTime;
        return new BillingMonth(new DateTimeOffset(utc.Year, utc.Month, 1, 0, 0, 0, TimeSpan.Zero));
    }

    /// <summary>
    /// Parses <c>yyyy-MM</c>, from 1970 on; the last year has no month, so that every month has an end.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BillingMonth month)
    {
        var isMonth = DateTimeOffset.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start)
            && start.Year is >= 1970 and < 9999;
        month = isMonth ? new BillingMonth(start) : default;
        return isMonth;
    }

    /// <inheritdoc/>
    public override string ToString() => Start.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
