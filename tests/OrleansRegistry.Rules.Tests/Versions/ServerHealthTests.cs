namespace OrleansRegistry.Versions;

/// <summary>When a server is down, and when it is up again.</summary>
public sealed class ServerHealthTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private ServerHealth _server = ServerHealth.Unknown;
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddYears(56);

    [Fact]
    public void HV2_a_server_is_down_after_three_failed_probes_in_a_row()
    {
        Assert.False(_server.IsDoubted);
        Probe(false, false);
        Assert.True(_server is { IsDown: false, IsDoubted: true });
        Probe(true, false, false);
        Assert.False(_server.IsDown);

        Probe(false);
        Assert.True(_server is { IsDown: true, IsDoubted: true });
        Assert.Equal(_now, _server.Since);
    }

    [Fact]
    public void HV2_probes_that_are_told_all_at_once_leave_gateways_two_seconds_to_tell_of_a_call()
    {
        foreach (var secondsAgo in (int[])[30, 20, 10, 0])
        {
            _server = _server.Probed(isGood: false, _now - TimeSpan.FromSeconds(secondsAgo), told: _now);
        }

        Assert.True(_server is { IsDown: false, IsDoubted: true });
        _now += ServerHealth.MinDoubt - TimeSpan.FromMilliseconds(1);
        _server = _server.Probed(isGood: false, _now, told: _now);
        Assert.False(_server.IsDown);
        _now += TimeSpan.FromMilliseconds(1);
        Assert.True(_server.Probed(isGood: false, _now, told: _now).IsDown);

        Call();
        Assert.False(_server.Probed(isGood: false, _now, told: _now).IsDown);
    }

    [Fact]
    public void HV2_a_call_that_succeeds_between_the_probes_is_a_veto()
    {
        Probe(false, false);
        Call();
        Probe(false, false);
        Assert.False(_server.IsDown);

        Probe(false);
        Assert.True(_server.IsDown);
    }

    [Fact]
    public void HV2_two_good_probes_in_a_row_bring_it_back()
    {
        Probe(false, false, false, true, false, true);
        Assert.True(_server.IsDown);

        Probe(true);
        Assert.True(_server is { IsDown: false, IsProven: true, IsDoubted: false });
        Assert.Equal(_now, _server.Since);
    }

    [Fact]
    public void HV2_a_call_that_succeeds_brings_it_back_at_once()
    {
        Probe(false, false, false);
        Call();

        Assert.True(_server is { IsDown: false, IsProven: true });
    }

    [Fact]
    public void HV2_a_server_that_goes_down_soon_after_its_return_needs_twice_as_many_up_to_32()
    {
        foreach (var needed in (int[])[2, 4, 8, 16, 32, 32])
        {
            Probe(false, false, false);
            Assert.Equal(needed, ProbesToReturn());
        }

        _now += ServerHealth.Unsteady;
        Probe(false, false, false);
        Assert.Equal(2, ProbesToReturn());
    }

    [Fact]
    public void HV2_a_server_that_is_unsteady_stays_down_however_long_it_takes()
    {
        // Up for 40 seconds, down for 40: soon no time is enough to come back.
        var isUp = true;
        var changes = 0;
        for (var round = 0; round < 1000; round++)
        {
            var wasDown = _server.IsDown;
            Probe(round / 4 % 2 == 0);
            changes += wasDown != _server.IsDown ? 1 : 0;
            isUp = !_server.IsDown;
        }

        Assert.Equal((false, 5), (isUp, changes));
    }

    [Fact]
    public void HV7_nothing_speaks_for_a_server_that_nobody_has_asked()
    {
        Assert.False(_server.IsProven);
        Probe(true);
        Assert.False(_server.IsProven);
        Probe(true);
        Assert.True(_server.IsProven);
        Probe(false, false, false);
        Assert.False(_server.IsProven);
    }

    private int ProbesToReturn()
    {
        var probes = 0;
        for (; _server.IsDown; probes++)
        {
            Probe(true);
        }

        return probes;
    }

    private void Probe(params ReadOnlySpan<bool> answers)
    {
        foreach (var isGood in answers)
        {
            _now += Interval;
            _server = _server.Probed(isGood, _now, _now);
        }
    }

    private void Call() => _server = _server.Called(_now);
}
