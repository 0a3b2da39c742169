namespace OrleansRegistry.Versions;

/// <summary>
/// Rules B1 and B2: active time runs while a version is up and is split where its stage changes. Pure functions.
/// </summary>
internal static class ActiveTime
{
    /// <summary>
    /// Sets the meter of <paramref name="after"/>: closes the interval that ran before when it can't go on, and opens
    /// one when the version is up. Answers the version with its meter, and the interval that was closed, or null.
    /// </summary>
    /// <param name="before">The version before the command, or null for a new one.</param>
    /// <param name="after">The version after it; its meter is still the old one.</param>
    /// <param name="at">The instant of the command, never before the one that opened the interval.</param>
    /// <param name="until">
    /// The last instant at which it is known to have been up, where that may lie before the command (rule X13); else null.
    /// </param>
    public static (ModelVersionState State, UsageInterval? Closed) Settle(
        ModelVersionState? before, ModelVersionState after, DateTimeOffset at, DateTimeOffset? until = null)
    {
        var meter = after.Meter;
        UsageInterval? closed = null;
        if (before is not null && meter.RunningSince is { } since && (!after.IsBilled || after.Stage != before.Stage))
        {
            var end = until is not { } known || known > at ? at : known < since ? since : known;
            closed = since < end ? new UsageInterval(since, end, before.Stage, before.InstanceType) : null;
            meter = Add(meter, before.Stage, (long)(end - since).TotalMilliseconds) with { RunningSince = null };
        }

        if (after.IsBilled)
        {
            meter = meter with { RunningSince = meter.RunningSince ?? at };
        }

        return (after with { Meter = meter }, closed);
    }

    private static Meter Add(Meter meter, Stage stage, long milliseconds) => stage switch
    {
        Stage.Draft => meter with { DraftMilliseconds = meter.DraftMilliseconds + milliseconds },
        Stage.Published => meter with { PublishedMilliseconds = meter.PublishedMilliseconds + milliseconds },
    };
}

/// <summary>An interval of active time that has ended.</summary>
internal sealed record UsageInterval(DateTimeOffset StartedAt, DateTimeOffset EndedAt, Stage Stage, string? InstanceType);
