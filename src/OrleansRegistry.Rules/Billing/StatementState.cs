using System.Collections.Immutable;

namespace OrleansRegistry.Billing;

/// <summary>What the row of a closed month stores. It is written once.</summary>
internal sealed record StatementState
{
    public required string Month { get; init; }

    public required bool Closed { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    public string? ClosedBy { get; init; }

    public required DateTimeOffset AsOf { get; init; }

    public required string Currency { get; init; }

    public required ImmutableArray<StatementLine> Lines { get; init; }

    public required long TotalMilliseconds { get; init; }

    public string? TotalAmount { get; init; }

    /// <summary>The row of a statement and its lines.</summary>
    public static StatementState Of(StatementView statement, ImmutableArray<StatementLine> lines) => new()
    {
        Month = statement.Month,
        Closed = statement.Closed,
        ClosedAt = statement.ClosedAt,
        ClosedBy = statement.ClosedBy,
        AsOf = statement.AsOf,
        Currency = statement.Currency,
        Lines = lines,
        TotalMilliseconds = statement.TotalMilliseconds,
        TotalAmount = statement.TotalAmount,
    };
}
