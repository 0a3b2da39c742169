using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Billing;

/// <summary>A month in the list beside a statement.</summary>
/// <param name="Month">The month, <c>2026-03</c>.</param>
/// <param name="Total">Its total where it is closed, else null.</param>
public sealed record BillingMonthItem(string Month, string? Total);

/// <summary>A line of a statement.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="Stage">The stage that it ran on.</param>
/// <param name="InstanceType">The instance type that it ran on, or null.</param>
/// <param name="Milliseconds">The active time.</param>
/// <param name="Prices">The prices of a minute, in the order in which they held; null for time without a rate.</param>
/// <param name="Amount">Its cost, or null where some of the time has no rate.</param>
public sealed record BillingLine(string Version, Stage Stage, string? InstanceType, long Milliseconds, IReadOnlyList<string?> Prices, string? Amount);

/// <summary>The lines of a model.</summary>
/// <param name="ModelId">The model's id.</param>
/// <param name="ModelName">The model's name.</param>
/// <param name="Lines">The lines of the page.</param>
/// <param name="IsWhole">Whether these are all of the model's lines.</param>
public sealed record BillingGroup(string ModelId, string ModelName, IReadOnlyList<BillingLine> Lines, bool IsWhole)
{
    /// <summary>Their active time.</summary>
    public long Milliseconds => Lines.Sum(line => line.Milliseconds);

    /// <summary>Their cost, or null where some of the time has no rate.</summary>
    public string? Amount => Lines.All(line => line.Amount is not null) ? Text.Sum(Lines.Select(line => line.Amount!)) : null;
}

/// <summary>The statement of a month as its page shows it.</summary>
public sealed record BillingView
{
    /// <summary>The month, <c>2026-03</c>.</summary>
    public required string Month { get; init; }

    /// <summary>When it was closed, or null.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Who closed it, or null.</summary>
    public string? ClosedBy { get; init; }

    /// <summary>Up to when time is counted.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The currency.</summary>
    public required string Currency { get; init; }

    /// <summary>The active time of all lines.</summary>
    public required long Milliseconds { get; init; }

    /// <summary>The total, or null where some of the time has no rate.</summary>
    public string? Total { get; init; }

    /// <summary>The lines of the page, by model.</summary>
    public required IReadOnlyList<BillingGroup> Groups { get; init; }

    /// <summary>Whether the month can be closed: it is not, and it is over for long enough.</summary>
    public required bool CanClose { get; init; }

    internal static BillingView Of(StatementPage page, bool isFirst, DateTimeOffset now)
    {
        var groups = page.Lines.GroupBy(line => (line.ModelId, line.ModelName)).ToList();
        return new BillingView
        {
            Month = page.Month,
            ClosedAt = page.ClosedAt,
            ClosedBy = page.ClosedByName ?? page.ClosedBy,
            AsOf = page.AsOf,
            Currency = page.Currency,
            Milliseconds = page.TotalMilliseconds,
            Total = page.TotalAmount,
            // A model's lines may go on over the edges of the page.
            Groups = [.. groups.Select((group, place) => new BillingGroup(
                group.Key.ModelId,
                group.Key.ModelName,
                [.. group.Select(LineOf)],
                IsWhole: (isFirst || place > 0) && (page.NextPageToken is null || place < groups.Count - 1)))],
            CanClose = !page.Closed && BillingMonth.TryParse(page.Month, out var month) && month.End + BillingMonth.Grace <= now,
        };
    }

    private static BillingLine LineOf(StatementLine line) => new(
        line.Version,
        line.Stage,
        line.InstanceType,
        line.ActiveMilliseconds,
        [.. line.Charges.Select(charge => charge.PricePerMinute).Distinct()],
        line.Amount);
}
