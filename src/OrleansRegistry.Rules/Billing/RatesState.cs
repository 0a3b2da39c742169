using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Billing;

/// <summary>What the row of a workspace's rates stores.</summary>
internal sealed record RatesState
{
    public required string Currency { get; init; }

    public required ImmutableArray<Rate> Rates { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required string UpdatedBy { get; init; }

    /// <summary>The command that wrote this row.</summary>
    public required Guid LastCommand { get; init; }

    /// <summary>What the write stores beside the row; null once it is stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EventWrite>? Events { get; init; }

    /// <summary>The command's deadline, checked again by the database; null once it is stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NotAfter { get; init; }

    public RatesView ToView(int revision) => new()
    {
        Currency = Currency,
        Rates = Rates,
        UpdatedAt = UpdatedAt,
        UpdatedBy = UpdatedBy,
        Revision = revision,
    };
}
