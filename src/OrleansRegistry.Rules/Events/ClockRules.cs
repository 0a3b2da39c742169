using System.Globalization;

namespace OrleansRegistry.Events;

/// <summary>How far a node's clock may be from what it goes by (rule H6).</summary>
internal static class ClockRules
{
    /// <summary>Beyond it a node takes no commands.</summary>
    public static readonly TimeSpan MaxDistance = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The instant that a clock must not be behind: the newest that models have stored, unless an operator has said that
    /// it is wrong; then the instant of their saying so.
    /// </summary>
    public static DateTimeOffset? Reference(DateTimeOffset? newest, AcceptedClock? accepted) =>
        accepted is not null && !(newest > accepted.Newest) ? accepted.At : newest;

    /// <summary>How far a clock is behind, if it is.</summary>
    public static TimeSpan Behind(DateTimeOffset now, DateTimeOffset? reference) =>
        reference - now is { Ticks: > 0 } behind ? behind : TimeSpan.Zero;
}

/// <summary>What an operator has said of a clock that was behind.</summary>
/// <param name="At">The instant of that clock.</param>
/// <param name="Newest">The newest instant that was stored then.</param>
internal sealed record AcceptedClock(DateTimeOffset At, DateTimeOffset Newest)
{
    private const char Separator = ' ';

    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    public static AcceptedClock Parse(string text)
    {
        var parts = text.Split(Separator);
        return new AcceptedClock(Instant(parts[0]), Instant(parts[1]));

        static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{At.ToInstantText()}{Separator}{Newest.ToInstantText()}";
}
