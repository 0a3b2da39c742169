using CsCheck;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Rules.Tests.Processes;

public sealed class RestartRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void X2_The_wait_doubles_from_half_a_second_to_thirty()
    {
        var state = RestartState.None;
        var now = Start;
        List<double?> waits = [];
        for (var death = 0; death < 9; death++)
        {
            // Far enough apart that no five of them count together.
            now += TimeSpan.FromMinutes(2);
            (state, var wait) = RestartRules.AfterDeath(state, now, TimeSpan.Zero, 1);
            waits.Add(wait?.TotalSeconds);
        }

        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30, 30], waits);
    }

    [Fact]
    public void X2_Jitter_takes_up_to_half_of_the_wait() =>
        Gen.Select(Gen.Int[0, 40], Gen.Double[0, 1]).Sample((failures, random) =>
        {
            var state = new RestartState(failures, []);
            var whole = RestartRules.AfterDeath(state, Start, TimeSpan.Zero, 1).Wait!.Value;
            var wait = RestartRules.AfterDeath(state, Start, TimeSpan.Zero, random).Wait!.Value;

            Assert.InRange(wait, whole / 2, whole);
            Assert.InRange(whole, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));
        });

    [Theory]
    [InlineData(59.999, 8)]
    [InlineData(60, 0.5)]
    public void X2_A_minute_of_health_starts_the_wait_over(double ready, double wait) =>
        Assert.Equal(
            TimeSpan.FromSeconds(wait),
            RestartRules.AfterDeath(new RestartState(4, []), Start, TimeSpan.FromSeconds(ready), 1).Wait);

    [Theory]
    [InlineData(74.999, true)]
    [InlineData(75, false)]
    public void X2_Five_deaths_in_five_minutes_are_a_failure(double apart, bool fails)
    {
        var state = RestartState.None;
        TimeSpan? wait = null;
        for (var death = 0; death < 5; death++)
        {
            // Ready long enough between them to start the wait over: that doesn't forget the deaths.
            (state, wait) = RestartRules.AfterDeath(state, Start + (death * TimeSpan.FromSeconds(apart)), RestartRules.HealthyAfter, 1);
            Assert.Equal(death < 4 || !fails, wait is not null);
        }

        Assert.Equal(fails ? 5 : 4, state.Deaths.Length);
    }

    [Fact]
    public void X2_No_more_deaths_are_remembered_than_count() =>
        Gen.Double[0, 400].List[1, 60].Sample(gaps =>
        {
            var state = RestartState.None;
            var now = Start;
            foreach (var gap in gaps)
            {
                now += TimeSpan.FromSeconds(gap);
                (state, var wait) = RestartRules.AfterDeath(state, now, TimeSpan.Zero, 0.5);
                Assert.All(state.Deaths, death => Assert.True(now - death < RestartRules.Window));
                Assert.Equal(wait is null, state.Deaths.Length >= RestartRules.MaxDeaths);
            }
        });
}
