using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Billing;

/// <summary>What the row of a workspace's rates stores.</summary>
internal sealed record RatesState : CommandState
{
    public required string Currency { get; init; }

    public required ImmutableArray<Rate> Rates { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required string UpdatedBy { get; init; }

    /// <summary>The name of the key of who put them, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UpdatedByName { get; init; }

    public RatesView ToView(int revision) => new()
    {
        Currency = Currency,
        Rates = Rates,
        UpdatedAt = UpdatedAt,
        UpdatedBy = UpdatedBy,
        UpdatedByName = UpdatedByName,
        Revision = revision,
    };
}
