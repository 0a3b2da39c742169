using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>The bill of a month, with a page of its lines.</summary>
internal sealed record StatementPage
{
    /// <summary>The month, <c>2026-03</c>; it begins and ends in UTC.</summary>
    public required string Month { get; init; }

    /// <summary>Whether it is closed, and will never change.</summary>
    public required bool Closed { get; init; }

    /// <summary>When it was closed, or null.</summary>
    public required DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Who closed it, or null.</summary>
    public required string? ClosedBy { get; init; }

    /// <summary>The name of the key of who closed it, or null.</summary>
    public required string? ClosedByName { get; init; }

    /// <summary>Up to when time is counted; the month's end, once that is over.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The currency, by its ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>
    /// A line for each version, stage and instance type, page by page; the totals are those of all pages.
    /// </summary>
    public required ImmutableArray<StatementLine> Lines { get; init; }

    /// <summary>Leads to the next page; null on the last one.</summary>
    public required string? NextPageToken { get; init; }

    /// <summary>The active time of all lines, in milliseconds.</summary>
    public required long TotalMilliseconds { get; init; }

    /// <summary>The sum of the lines' amounts; null when one has none.</summary>
    public required string? TotalAmount { get; init; }

    /// <summary>A page of a statement.</summary>
    public static StatementPage Of(StatementView statement, ImmutableArray<StatementLine> lines, string? nextPageToken) => new()
    {
        Month = statement.Month,
        Closed = statement.Closed,
        ClosedAt = statement.ClosedAt,
        ClosedBy = statement.ClosedBy,
        ClosedByName = statement.ClosedByName,
        AsOf = statement.AsOf,
        Currency = statement.Currency,
        Lines = lines,
        NextPageToken = nextPageToken,
        TotalMilliseconds = statement.TotalMilliseconds,
        TotalAmount = statement.TotalAmount,
    };
}
