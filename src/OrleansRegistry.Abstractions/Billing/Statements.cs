using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>The bill of a month, without its lines.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.StatementView")]
internal sealed record StatementView
{
    /// <summary>The month, <c>2026-03</c>; it begins and ends in UTC.</summary>
    [Id(0)]
    public required string Month { get; init; }

    /// <summary>Whether it is closed, and will never change.</summary>
    [Id(1)]
    public required bool Closed { get; init; }

    /// <summary>When it was closed, or null.</summary>
    [Id(2)]
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The caller who closed it, or null.</summary>
    [Id(3)]
    public string? ClosedBy { get; init; }

    /// <summary>Up to when time is counted; the month's end, once that is over.</summary>
    [Id(4)]
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The currency, by its ISO 4217 code.</summary>
    [Id(5)]
    public required string Currency { get; init; }

    /// <summary>The active time of all lines, in milliseconds.</summary>
    [Id(6)]
    public required long TotalMilliseconds { get; init; }

    /// <summary>The sum of the lines' amounts; null when one has none.</summary>
    [Id(7)]
    public string? TotalAmount { get; init; }

    /// <summary>The name of the key of who closed it, or null.</summary>
    [Id(8)]
    public string? ClosedByName { get; init; }
}

/// <summary>Closes a month.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CloseMonthCommand")]
internal sealed record CloseMonthCommand
{
    /// <summary>Who, until when, on what condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }
}

/// <summary>The bill of one workspace and month. Key: <see cref="GrainKeys.Billing"/>.</summary>
[Alias("OrleansRegistry.IBillingGrain")]
internal interface IBillingGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>
    /// Closes the month for good (rule B5), and answers its statement; of a month that is closed, the one it has.
    /// Refused with
    /// <see cref="ErrorCode.MonthOpen"/> until an hour after its end, and with <see cref="ErrorCode.Unrated"/> while
    /// some time has no rate.
    /// </summary>
    [Alias("Close")]
    Task<Outcome<StatementView>> Close(CloseMonthCommand command);
}
