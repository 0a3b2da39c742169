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
            logger.LogCommand(row, string.Join(", ", Told(events)), events[0].Actor);
        }
    }

    /// <summary>
    /// What is told. The versions of a deleted model are not named: the database alone knows those that are not active.
    /// </summary>
    private static IEnumerable<string> Told(IReadOnlyList<EventWrite> events)
    {
        var isModelDeleted = events.Any(happened => happened.Type == EventType.ModelDeleted);
        var told = events.Where(happened => happened.Type != EventType.UsageRecorded && !(isModelDeleted && happened.Type == EventType.VersionDeleted)).Select(Describe);
        return isModelDeleted ? told.Append(EventType.VersionDeleted + " of all its versions") : told;
    }

    private static string Describe(EventWrite happened) => happened.VersionId is null ? happened.Type : $"{happened.Type} {happened.VersionId} {happened.Data}";

    /// <summary>Says what somebody did.</summary>
    [LoggerMessage(103, LogLevel.Information, "{Row}: {What}, by {Actor}")]
    public static partial void LogCommand(this ILogger logger, IdSpan row, string what, string actor);
}
