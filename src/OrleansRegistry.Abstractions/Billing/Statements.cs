using System.Collections.Immutable;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>The bill of a month.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.StatementView")]
public sealed record StatementView
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

    /// <summary>Who closed it, or null.</summary>
    [Id(3)]
    public string? ClosedBy { get; init; }

    /// <summary>Up to when time is counted; the month's end, once that is over.</summary>
    [Id(4)]
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The currency, by its ISO 4217 code.</summary>
    [Id(5)]
    public required string Currency { get; init; }

    /// <summary>A line for each version, stage and instance type.</summary>
    [Id(6)]
    public required ImmutableArray<StatementLine> Lines { get; init; }

    /// <summary>The active time of all lines, in milliseconds.</summary>
    [Id(7)]
    public required long TotalMilliseconds { get; init; }

    /// <summary>The sum of the lines' amounts; null when one has none.</summary>
    [Id(8)]
    public string? TotalAmount { get; init; }
}

/// <summary>A line of a statement.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.StatementLine")]
public sealed record StatementLine
{
    /// <summary>The model's id.</summary>
    [Id(0)]
    public required string ModelId { get; init; }

    /// <summary>The model's name.</summary>
    [Id(1)]
    public required string ModelName { get; init; }

    /// <summary>The version's id.</summary>
    [Id(2)]
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    [Id(3)]
    public required string Version { get; init; }

    /// <summary>The stage that it ran on.</summary>
    [Id(4)]
    public required Stage Stage { get; init; }

    /// <summary>What it ran on, or null when its deployment named nothing.</summary>
    [Id(5)]
    public string? InstanceType { get; init; }

    /// <summary>The active time.</summary>
    [Id(6)]
    public required long ActiveMilliseconds { get; init; }

    /// <summary>What it costs, rounded once, half to even (rule B1); null when some of the time has no rate.</summary>
    [Id(7)]
    public string? Amount { get; init; }

    /// <summary>The active time by price: one entry unless a rate changed within the month.</summary>
    [Id(8)]
    public required ImmutableArray<StatementCharge> Charges { get; init; }
}

/// <summary>The part of a line that has one price.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.StatementCharge")]
public sealed record StatementCharge
{
    /// <summary>From when on the price holds, within the month.</summary>
    [Id(0)]
    public required DateTimeOffset From { get; init; }

    /// <summary>Until when it holds, within the month.</summary>
    [Id(1)]
    public required DateTimeOffset To { get; init; }

    /// <summary>The price of a minute, or null when there is no rate.</summary>
    [Id(2)]
    public string? PricePerMinute { get; init; }

    /// <summary>The active time.</summary>
    [Id(3)]
    public required long ActiveMilliseconds { get; init; }
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
    /// <summary>The statement: as it was closed, or as it stands now.</summary>
    [Alias("Get")]
    Task<StatementView> Get();

    /// <summary>
    /// Closes the month for good (rule B5), and answers its statement; of a month that is closed, the one it has. Refused with
    /// <see cref="ErrorCode.MonthOpen"/> until an hour after its end, and with <see cref="ErrorCode.Unrated"/> while some time has no rate.
    /// </summary>
    [Alias("Close")]
    Task<Outcome<StatementView>> Close(CloseMonthCommand command);
}
