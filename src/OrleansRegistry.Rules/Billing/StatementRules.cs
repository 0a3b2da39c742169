namespace OrleansRegistry.Billing;

/// <summary>Which time is on a statement, and when it can be closed (rules B1 and B5). Pure functions.</summary>
internal static class StatementRules
{
    /// <summary>The part of a month's active time to add up: all of it, up to now, cut where rates change.</summary>
    public static UsageWindow Window(BillingMonth month, RateTable rates, DateTimeOffset now) => new()
    {
        From = month.Start,
        To = month.End,
        Now = now,
        Cuts = [.. rates.Changes(month.Start, month.End)],
    };

    /// <summary>Why a month can't be closed now, or null.</summary>
    public static RegistryError? TooEarly(BillingMonth month, DateTimeOffset now) => now >= month.End + BillingMonth.Grace
        ? null
        : new RegistryError(ErrorCode.MonthOpen, $"{month} can be closed from {month.End + BillingMonth.Grace:yyyy-MM-dd'T'HH:mm:ss'Z'} on.");
}
