using System.Collections.Immutable;
using OrleansRegistry.Events;

namespace OrleansRegistry.Billing;

/// <summary>What the row of a workspace's rates stores.</summary>
internal sealed record RatesState : CommandState
{
    public required string Currency { get; init; }

    public required ImmutableArray<Rate> Rates { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required string UpdatedBy { get; init; }

    public RatesView ToView(int revision) => new()
    {
        Currency = Currency,
        Rates = Rates,
        UpdatedAt = UpdatedAt,
        UpdatedBy = UpdatedBy,
        Revision = revision,
    };
}
