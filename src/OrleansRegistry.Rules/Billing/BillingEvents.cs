using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Billing;

/// <summary>What can happen to rates.</summary>
internal static class BillingEvents
{
    public static EventDraft RatesUpdated(string currency, IReadOnlyList<Rate> rates) =>
        EventDraft.Of(EventType.RatesUpdated, new RatesData(currency, rates), BillingEventJson.Default.RatesData);
}

internal sealed record RatesData(string Currency, IReadOnlyList<Rate> Rates);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StateEnumConverter<Stage>), typeof(InstantConverter)])]
[JsonSerializable(typeof(RatesData))]
internal sealed partial class BillingEventJson : JsonSerializerContext;
