namespace OrleansRegistry.Storage.Billing;

/// <summary>
/// Tells the time in each part of a window from sums over whole intervals. Pure; all in milliseconds.
/// </summary>
internal static class UsageParts
{
    /// <summary>
    /// The time in each part of intervals that begin in part <paramref name="first"/> and end in part
    /// <paramref name="last"/>.
    /// </summary>
    /// <param name="window">The window.</param>
    /// <param name="first">Where all of them begin.</param>
    /// <param name="last">Where all of them end.</param>
    /// <param name="intervals">How many there are.</param>
    /// <param name="starts">The sum of their starts, counted from the window's.</param>
    /// <param name="ends">The sum of their ends, counted from the window's start.</param>
    public static IEnumerable<(int Part, long Milliseconds)> Of(UsageWindow window, int first, int last, long intervals, long starts, long ends)
    {
        for (var part = first; part <= last; part++)
        {
            var start = part == first ? starts : intervals * Offset(window, window.StartOf(part));
            var end = part == last ? ends : intervals * Offset(window, window.EndOf(part));
            yield return (part, end - start);
        }
    }

    /// <summary>
    /// The time in each part of one interval that runs from an instant until the window's
    /// <see cref="UsageWindow.Now"/>.
    /// </summary>
    public static IEnumerable<(int Part, long Milliseconds)> Running(UsageWindow window, DateTimeOffset since)
    {
        var start = since > window.From ? since : window.From;
        var end = window.Now < window.To ? window.Now : window.To;
        return start < end
            ? Of(window, PartOf(window, start), PartOf(window, end.AddMilliseconds(-1)), 1, Offset(window, start), Offset(window, end))
            : [];
    }

    private static int PartOf(UsageWindow window, DateTimeOffset instant)
    {
        var place = window.Cuts.AsSpan().BinarySearch(instant);
        return place < 0 ? ~place : place + 1;
    }

    private static long Offset(UsageWindow window, DateTimeOffset instant) => instant.ToUnixTimeMilliseconds() - window.From.ToUnixTimeMilliseconds();
}
