namespace OrleansRegistry.Artifacts;

/// <summary>What is next for an artifact, or a file, that may not be needed any more.</summary>
internal enum CollectionStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is needed, and stays.</summary>
    Keep,

    /// <summary>Its time begins.</summary>
    NoteUnused,

    /// <summary>It isn't there for anybody any more, but can come back.</summary>
    Mark,

    /// <summary>It goes.</summary>
    Remove,
}

/// <summary>
/// When artifacts and files are collected (rule F6): a day after the last use. It is marked first, and gone at the
/// second look. Whoever found it there before it was marked is done by then: a command has 30 seconds.
/// </summary>
internal static class CollectionRules
{
    /// <summary>How long what is not needed stays.</summary>
    public static readonly TimeSpan UnusedDuration = TimeSpan.FromDays(1);

    /// <summary>From the first look to the second.</summary>
    public static readonly TimeSpan MarkedDuration = TimeSpan.FromMinutes(5);

    /// <summary>The next step.</summary>
    /// <param name="isUsed">Whether it is needed, as the rows say now.</param>
    /// <param name="unusedSince">Since when it isn't needed, as far as is known, or null.</param>
    /// <param name="markedAt">Since when it is marked, or null.</param>
    /// <param name="now">The instant.</param>
    public static CollectionStep Next(bool isUsed, DateTimeOffset? unusedSince, DateTimeOffset? markedAt, DateTimeOffset now)
    {
        if (isUsed)
        {
            return unusedSince is null && markedAt is null ? CollectionStep.None : CollectionStep.Keep;
        }

        if (markedAt is { } marked)
        {
            return now - marked >= MarkedDuration ? CollectionStep.Remove : CollectionStep.None;
        }

        return unusedSince is not { } since ? CollectionStep.NoteUnused
            : now - since >= UnusedDuration ? CollectionStep.Mark
            : CollectionStep.None;
    }
}
