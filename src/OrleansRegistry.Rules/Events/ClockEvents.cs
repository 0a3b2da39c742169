using System.Text.Json.Serialization;

namespace OrleansRegistry.Events;

/// <summary>What can happen to the clock of a node.</summary>
internal static class ClockEvents
{
    public static EventDraft Accepted(AcceptedClock clock) =>
        EventDraft.Of(EventType.ClockAccepted, new ClockData(clock.Newest), ClockEventJson.Default.ClockData);
}

/// <summary>A clock that was behind.</summary>
/// <param name="StoredAt">The newest instant that was stored.</param>
internal sealed record ClockData(DateTimeOffset StoredAt);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(ClockData))]
internal sealed partial class ClockEventJson : JsonSerializerContext;
