using System.Text.Json.Serialization;
using OrleansRegistry.Billing;

namespace OrleansRegistry.Gateway;

/// <summary>Puts all rates of the workspace.</summary>
internal sealed class PutRatesRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example =>
        """
        { "rates": [{ "instance_type": "cpu-1x2", "stage": "published", "price_per_minute": "0.0125", "effective_from": "2026-01-01" }] }
        """;

    /// <summary>All rates, at most 1,000, in any order. They take the place of those that were there.</summary>
    [JsonRequired]
    public IReadOnlyList<RateRequest> Rates { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => RateRules.Validate(ToCommand(fields.Unsent));

    internal PutRatesCommand ToCommand(CommandContext context) => new() { Context = context, Rates = [.. Rates.Select(rate => rate.ToRate())] };
}

/// <summary>The price of a minute of active time, from an instant on until the next rate of the same instance type and stage.</summary>
internal sealed class RateRequest
{
    /// <summary>The instance type it is for; null or left out for versions whose deployment named none. It stands in for no other.</summary>
    public string? InstanceType { get; set; }

    /// <summary>The stage it is for.</summary>
    [JsonRequired]
    public Stage Stage { get; set; }

    /// <summary>The price of a minute: a decimal number as text, at most nine digits before and nine behind the point.</summary>
    [JsonRequired]
    public string PricePerMinute { get; set; } = "";

    /// <summary>From when on it holds: a date, which is its midnight in UTC, or an RFC 3339 time with at most milliseconds.</summary>
    [JsonRequired]
    public DateTimeOffset EffectiveFrom { get; set; }

    internal Rate ToRate() => new()
    {
        InstanceType = InstanceType,
        Stage = Stage,
        PricePerMinute = PricePerMinute,
        EffectiveFrom = EffectiveFrom,
    };
}
