using System.Globalization;

namespace OrleansRegistry.WebConsole;

/// <summary>The traffic of a number of minutes or hours, as bars in a picture of a fixed size.</summary>
public sealed class TrafficChart
{
    /// <summary>The width of the picture.</summary>
    public const int Width = 720;

    /// <summary>The height of the bars' area.</summary>
    public const int Height = 120;

    private TrafficChart(IReadOnlyList<TrafficBar> bars, long top, IReadOnlyList<TrafficSlotView> slots, TimeSpan step) =>
        (Bars, Top, Slots, Step) = (bars, top, slots, step);

    /// <summary>A bar for each minute or hour that had calls, oldest first.</summary>
    public IReadOnlyList<TrafficBar> Bars { get; }

    /// <summary>The number of calls that the picture's height stands for.</summary>
    public long Top { get; }

    /// <summary>The minutes or hours, oldest first.</summary>
    public IReadOnlyList<TrafficSlotView> Slots { get; }

    /// <summary>A minute or an hour.</summary>
    public TimeSpan Step { get; }

    /// <summary>The calls of all of them.</summary>
    public long Calls => Slots.Sum(slot => slot.Calls);

    /// <summary>Those of the calls that failed.</summary>
    public long Errors => Slots.Sum(slot => slot.Errors);

    /// <summary>Draws a number of steps up to now.</summary>
    public static TrafficChart Of(IReadOnlyList<TrafficSlotView> slots, TimeSpan step, int count, DateTimeOffset now)
    {
        var last = now.UtcTicks - (now.UtcTicks % step.Ticks);
        var width = (double)Width / count;
        var shown = slots.Select(slot => (Slot: slot, Place: count - 1 - (int)((last - slot.At.UtcTicks) / step.Ticks)))
            .Where(shown => shown.Place >= 0 && shown.Place < count)
            .ToList();
        var top = Nice(shown.Select(slot => slot.Slot.Calls).DefaultIfEmpty().Max());
        return new TrafficChart(
            [.. shown.Where(slot => slot.Slot.Calls > 0).Select(slot => Bar(slot.Slot, slot.Place * width, width, top))],
            top,
            [.. shown.Select(slot => slot.Slot)],
            step);
    }

    /// <summary>A coordinate of the picture.</summary>
    public static string At(double place) => place.ToString("0.##", CultureInfo.InvariantCulture);

    private static TrafficBar Bar(TrafficSlotView slot, double left, double width, long top)
    {
        // One pixel at least: a call that happened is seen.
        var calls = Math.Max(1, (double)slot.Calls / top * Height);
        var errors = slot.Errors == 0 ? 0 : Math.Max(1, (double)Math.Min(slot.Errors, slot.Calls) / top * Height);
        return new TrafficBar(slot, left + (width * 0.1), width * 0.8, calls, errors);
    }

    /// <summary>The next number of the form 1, 2 or 5 and zeros.</summary>
    private static long Nice(long most)
    {
        for (long size = 1; ; size *= 10)
        {
            foreach (var factor in (long[])[1, 2, 5])
            {
                if (factor * size >= most)
                {
                    return factor * size;
                }
            }
        }
    }
}

/// <summary>A bar of a picture of traffic.</summary>
/// <param name="Slot">What it stands for.</param>
/// <param name="Left">Where it begins.</param>
/// <param name="Width">Its width.</param>
/// <param name="Calls">Its height.</param>
/// <param name="Errors">The height of the part that stands for errors, at its foot.</param>
public sealed record TrafficBar(TrafficSlotView Slot, double Left, double Width, double Calls, double Errors);
