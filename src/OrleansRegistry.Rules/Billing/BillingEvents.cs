using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Billing;

/// <summary>What can happen to rates and months.</summary>
internal static class BillingEvents
{
    public static EventDraft RatesUpdated(string currency, IReadOnlyList<Rate> rates) =>
        EventDraft.Of(EventType.RatesUpdated, new RatesData(currency, rates), BillingEventJson.Default.RatesData);

    public static EventDraft MonthClosed(StatementView statement) => EventDraft.Of(
        EventType.MonthClosed,
        new MonthData(statement.Month, statement.TotalAmount, statement.Currency),
        BillingEventJson.Default.MonthData);
}

internal sealed record RatesData(string Currency, IReadOnlyList<Rate> Rates);

internal sealed record MonthData(string Month, string? TotalAmount, string Currency);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StateEnumConverter<Stage>), typeof(InstantConverter)])]
[JsonSerializable(typeof(RatesData))]
[JsonSerializable(typeof(MonthData))]
internal sealed partial class BillingEventJson : JsonSerializerContext;
