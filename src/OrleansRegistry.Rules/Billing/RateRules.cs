using System.Collections.Immutable;
using System.Globalization;

namespace OrleansRegistry.Billing;

/// <summary>The rules of rates that are put.</summary>
internal static class RateRules
{
    /// <summary>The most rates that a workspace may have.</summary>
    public const int MaxRates = 1000;

    /// <summary>The problems of rates: of their fields, and two that hold from the same instant.</summary>
    public static ImmutableArray<FieldError> Validate(PutRatesCommand command)
    {
        var problems = new FieldProblems();
        problems.Add("rates", command.Rates.Length > MaxRates ? string.Create(CultureInfo.InvariantCulture, $"must have at most {MaxRates} entries") : null);
        var seen = new HashSet<(string?, Stage, DateTimeOffset)>();
        foreach (var (place, rate) in command.Rates.Index().Take(MaxRates))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"rates[{place}]");
            problems.Add($"{path}.instance_type", rate.InstanceType is { } type ? FieldRules.InstanceType(type) : null);
            problems.Add($"{path}.price_per_minute", Money.IsPrice(rate.PricePerMinute) ? null : Money.PriceRule);
            problems.Add(
                $"{path}.effective_from",
                seen.Add((rate.InstanceType, rate.Stage, rate.EffectiveFrom)) ? null : "must differ from that of another rate of the same instance type and stage");
        }

        return problems.ToImmutable();
    }
}
