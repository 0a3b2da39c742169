using OrleansRegistry.Events;

namespace OrleansRegistry.Rules.Tests;

/// <summary>What a node's clock is compared with (rule H6).</summary>
public sealed class ClockRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Tomorrow = Noon.AddDays(1);

    [Fact]
    public void H6_a_clock_goes_by_the_newest_instant_that_is_stored()
    {
        Assert.Equal(Tomorrow, ClockRules.Reference(Tomorrow, accepted: null));
        Assert.Equal(TimeSpan.FromDays(1), ClockRules.Behind(Noon, Tomorrow));
        Assert.Equal(TimeSpan.Zero, ClockRules.Behind(Tomorrow, Noon));
        Assert.Equal(TimeSpan.Zero, ClockRules.Behind(Noon, reference: null));
    }

    [Fact]
    public void H6_instants_that_an_operator_has_called_wrong_do_not_count_and_newer_ones_do()
    {
        var accepted = new AcceptedClock(Noon, Tomorrow);

        Assert.Equal(Noon, ClockRules.Reference(Tomorrow, accepted));
        Assert.Equal(Noon, ClockRules.Reference(newest: null, accepted));
        Assert.Equal(Tomorrow.AddHours(1), ClockRules.Reference(Tomorrow.AddHours(1), accepted));
    }

    [Fact]
    public void H6_what_an_operator_has_said_is_read_as_it_was_written()
    {
        var accepted = new AcceptedClock(Noon, Tomorrow.AddMilliseconds(7));

        Assert.Equal(accepted, AcceptedClock.Parse(accepted.ToString()));
    }
}
