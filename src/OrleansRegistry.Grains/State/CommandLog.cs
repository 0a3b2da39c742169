using Microsoft.Extensions.Logging;
using OrleansRegistry.Events;

namespace OrleansRegistry.State;

/// <summary>
/// The log of what was stored: a line for each command, and for each start that failed, made of the events that tell of
/// it. It has ids, numbers and reasons, and nothing that a caller has written.
/// </summary>
internal static partial class CommandLog
{
    /// <summary>Says what a write has stored.</summary>
    /// <param name="logger">Where to.</param>
    /// <param name="row">The key of the row.</param>
    /// <param name="events">The events; a write without events is not logged.</param>
    public static void LogStored(this ILogger logger, IdSpan row, IReadOnlyList<EventWrite>? events)
    {
        if (events is { Count: > 0 } && logger.IsEnabled(LogLevel.Information))
        {
            logger.LogCommand(row, string.Join(", ", events.Where(happened => happened.Type != EventType.UsageRecorded).Select(Describe)), events[0].Actor);
        }
    }

    private static string Describe(EventWrite happened) => happened.VersionId is null ? happened.Type : $"{happened.Type} {happened.VersionId} {happened.Data}";

    /// <summary>Says what somebody did.</summary>
    [LoggerMessage(103, LogLevel.Information, "{Row}: {What}, by {Actor}")]
    public static partial void LogCommand(this ILogger logger, IdSpan row, string what, string actor);
}
