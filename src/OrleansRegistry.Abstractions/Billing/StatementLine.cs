using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>A line of a statement.</summary>
internal sealed record StatementLine
{
    /// <summary>The model's id.</summary>
    public required string ModelId { get; init; }

    /// <summary>The model's name.</summary>
    public required string ModelName { get; init; }

    /// <summary>The version's id.</summary>
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    public required string Version { get; init; }

    /// <summary>The stage that it ran on.</summary>
    public required Stage Stage { get; init; }

    /// <summary>The instance type that it ran on, or null when its deployment named none.</summary>
    public string? InstanceType { get; init; }

    /// <summary>The active time.</summary>
    public required long ActiveMilliseconds { get; init; }

    /// <summary>Its cost, rounded once, half to even (rule B1); null when some of the time has no rate.</summary>
    public string? Amount { get; init; }

    /// <summary>The active time by price: one entry unless a rate changed within the month.</summary>
    public required ImmutableArray<StatementCharge> Charges { get; init; }
}

/// <summary>The part of a line that has one price.</summary>
internal sealed record StatementCharge
{
    /// <summary>From when on the price holds, within the month.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Until when it holds, within the month.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>The price of a minute, or null when there is no rate.</summary>
    public string? PricePerMinute { get; init; }

    /// <summary>The active time.</summary>
    public required long ActiveMilliseconds { get; init; }
}
