namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Which servers a gateway sets aside, and for how long.</summary>
public sealed class ServerRecordTests
{
    private readonly ServerRecord _record = new();

    [Fact]
    public void SV5_three_failures_in_a_row_set_a_server_aside_for_five_seconds()
    {
        Fail(at: 0);
        Fail(at: 0);
        Assert.False(IsSetAside(at: 0));
        Fail(at: 0);

        Assert.True(IsSetAside(at: 4.999));
        Assert.False(IsSetAside(at: 5));
    }

    [Fact]
    public void SV5_an_answer_between_failures_begins_the_row_anew()
    {
        Fail(at: 0);
        Fail(at: 0);
        _record.Answered();
        Fail(at: 0);
        Fail(at: 0);
        Assert.False(IsSetAside(at: 0));

        Fail(at: 0);
        Assert.True(IsSetAside(at: 0));
    }

    [Fact]
    public void SV5_each_trial_that_fails_doubles_the_time_up_to_a_minute()
    {
        var now = 0.0;
        FailThrice(now);
        foreach (var seconds in (int[])[5, 10, 20, 40, 60, 60])
        {
            Assert.True(IsSetAside(now + seconds - 0.001), $"{seconds}");
            Assert.False(IsSetAside(now + seconds), $"{seconds}");
            now += seconds;
            Fail(now);
        }
    }

    [Fact]
    public void SV5_one_call_tries_the_server_and_the_others_go_elsewhere_until_it_has_answered()
    {
        FailThrice(at: 0);

        var trial = _record.Begin(Seconds(5));

        Assert.True(IsSetAside(at: 5));
        Assert.True(IsSetAside(at: 9.999));
        _record.Answered();
        Assert.False(IsSetAside(at: 5));
        Assert.False(_record.IsSuspect);
        _record.End(trial);
        FailThrice(at: 10);
        Assert.False(IsSetAside(at: 15));
    }

    [Fact]
    public void SV5_a_trial_whose_caller_hangs_up_shows_nothing_and_leaves_the_next_one_to_another_call()
    {
        FailThrice(at: 0);
        var trial = _record.Begin(Seconds(5));
        _record.End(trial);

        Assert.False(IsSetAside(at: 5));
        Assert.True(_record.IsSuspect);
        Fail(at: 6);
        Assert.True(IsSetAside(at: 15.999));
        Assert.False(IsSetAside(at: 16));
    }

    [Fact]
    public void SV5_calls_that_began_before_or_had_no_other_choice_do_not_lengthen_the_time()
    {
        var calls = Enumerable.Range(0, 32).Select(_ => _record.Begin(Seconds(0))).ToList();
        calls.ForEach(call => _record.Failed(call, Seconds(1)));
        calls.ForEach(_record.End);
        Fail(at: 2);

        Assert.True(IsSetAside(at: 5.999));
        Assert.False(IsSetAside(at: 6));
    }

    [Fact]
    public void SV5_an_answer_to_any_call_brings_the_server_back()
    {
        _record.Begin(Seconds(0));
        FailThrice(at: 0);

        _record.Answered();

        Assert.False(IsSetAside(at: 0));
    }

    [Fact]
    public void SV5_a_trial_that_ends_after_an_answer_to_another_call_is_no_trial_any_more()
    {
        FailThrice(at: 0);
        var first = _record.Begin(Seconds(5));
        _record.Answered();
        FailThrice(at: 5);
        var second = _record.Begin(Seconds(10));

        _record.End(first);

        Assert.True(IsSetAside(at: 10));
        _record.End(second);
        Assert.False(IsSetAside(at: 10));
    }

    [Fact]
    public void SV5_calls_that_began_before_the_last_answer_do_not_set_a_server_aside()
    {
        var hanging = Enumerable.Range(0, 32).Select(_ => _record.Begin(Seconds(0))).ToList();
        FailThrice(at: 0);
        Fail(at: 5);
        _record.Answered();

        hanging.ForEach(call => _record.Failed(call, Seconds(100)));
        hanging.ForEach(_record.End);

        Assert.False(IsSetAside(at: 100));
        Assert.True(_record.IsBlank);
    }

    [Fact]
    public void SV5_a_trial_that_takes_long_leaves_the_next_one_to_another_call()
    {
        FailThrice(at: 0);
        var slow = _record.Begin(Seconds(5));
        Assert.True(IsSetAside(at: 9.999));
        Assert.False(IsSetAside(at: 10));

        var next = _record.Begin(Seconds(10));
        _record.Failed(slow, Seconds(11));
        Assert.False(IsSetAside(at: 15));
        _record.Failed(next, Seconds(11));

        Assert.True(IsSetAside(at: 20.999));
        Assert.False(IsSetAside(at: 21));
    }

    [Fact]
    public void A_record_counts_the_calls_that_run_and_is_blank_without_calls_and_failures()
    {
        Assert.True(_record.IsBlank);
        var call = _record.Begin(Seconds(0));
        Assert.Equal((1, false), (_record.Calls, _record.IsBlank));
        _record.Failed(call, Seconds(7));
        _record.End(call);
        Assert.Equal((0, false), (_record.Calls, _record.IsBlank));
        Assert.False(_record.IsStale(Seconds(7)));
        Assert.True(_record.IsStale(Seconds(7.001)));
        _record.Answered();
        Assert.True(_record.IsBlank);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private bool IsSetAside(double at) => _record.IsSetAside(Seconds(at));

    private void FailThrice(double at)
    {
        for (var i = 0; i < 3; i++)
        {
            Fail(at);
        }
    }

    private void Fail(double at)
    {
        var call = _record.Begin(Seconds(at));
        _record.Failed(call, Seconds(at));
        _record.End(call);
    }
}
