using System.Collections.Immutable;

namespace OrleansRegistry.Billing;

/// <summary>
/// Finds the rate of a time. Pure; the gateway prices usage with it, and the billing grain a statement.
/// </summary>
internal sealed class RateTable
{
    private readonly Dictionary<(Stage Stage, string InstanceType), ImmutableArray<Rate>> _rates;

    /// <summary>Makes the table of some rates.</summary>
    public RateTable(IEnumerable<Rate> rates) => _rates = rates
        .GroupBy(rate => (rate.Stage, InstanceTypeOf(rate.InstanceType)))
        .ToDictionary(group => group.Key, group => group.OrderBy(rate => rate.EffectiveFrom).ToImmutableArray());

    /// <summary>The rate that holds at an instant, or null when there is none.</summary>
    public Rate? Find(Stage stage, string? instanceType, DateTimeOffset at) =>
        _rates.TryGetValue((stage, InstanceTypeOf(instanceType)), out var rates) ? rates.LastOrDefault(rate => rate.EffectiveFrom <= at) : null;

    /// <summary>The instants within a window at which a rate begins to hold: it splits what runs then.</summary>
    public IEnumerable<DateTimeOffset> Changes(DateTimeOffset from, DateTimeOffset to) => _rates.Values
        .SelectMany(rates => rates)
        .Select(rate => rate.EffectiveFrom)
        .Where(instant => instant > from && instant < to)
        .Distinct()
        .Order();

    /// <summary>No instance type has an empty name.</summary>
    private static string InstanceTypeOf(string? instanceType) => instanceType ?? "";
}
