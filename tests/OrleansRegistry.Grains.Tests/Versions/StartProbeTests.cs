using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Versions;

/// <summary>
/// Rule L3: how a start is probed. The probe runs beside the test, which waits for what the probe does, a question to the health URL or
/// a timer, before it goes on; time moves only then.
/// </summary>
public sealed class StartProbeTests
{
    /// <summary>A probe that doesn't do what a test waits for fails the test after so many milliseconds; no test waits for the time itself.</summary>
    private const int Patience = 60_000;

    private static readonly DateTimeOffset Begin = DateTimeOffset.UnixEpoch.AddYears(56);

    private readonly ScriptedHealth _health = new();
    private readonly WatchedClock _clock = new(Begin);

    [Fact(Timeout = Patience)]
    public async Task L3_ready_at_the_first_answer()
    {
        using var probe = Start();

        (await Next(_health.Questions)).Answer(null);
        await End(probe);

        Assert.Equal(new ServingResult(7, true, null) { Probes = 1, LastStatus = 200, Seconds = 0 }, probe.Result);
        Assert.False(_clock.Timers.TryRead(out _));
    }

    [Fact(Timeout = Patience)]
    public async Task L3_asks_the_health_url_of_the_version()
    {
        using var probe = Start();

        Assert.Equal(new Uri("http://server/health"), (await Next(_health.Questions)).Url);
        Assert.Null(probe.Result);
    }

    [Fact(Timeout = Patience)]
    public async Task L3_waits_at_most_a_second_in_the_first_thirty_and_then_twice_as_long_each_time_up_to_five()
    {
        using var probe = Start();
        int[] early = [250, 500, .. Enumerable.Repeat(1000, 31)];
        foreach (var milliseconds in (int[])[.. early, 2000, 4000, 5000, 5000])
        {
            await FailAndWait(TimeSpan.FromMilliseconds(milliseconds));
            Assert.Null(probe.Result);
        }

        (await Next(_health.Questions)).Answer(null);
        await End(probe);

        Assert.Equal(new ServingResult(7, true, null) { Probes = 38, LastStatus = 200, Seconds = 47 }, probe.Result);
    }

    [Fact(Timeout = Patience)]
    public async Task L3_fails_after_the_startup_timeout_with_the_last_message()
    {
        using var probe = Start(startupTimeoutSeconds: 1);
        await FailAndWait(TimeSpan.FromMilliseconds(250));
        await FailAndWait(TimeSpan.FromMilliseconds(500));
        await FailAndWait(TimeSpan.FromMilliseconds(250));
        (await Next(_health.Questions)).Answer("The health URL answered 500.", 500);
        await End(probe);

        Assert.Equal(Begin.AddSeconds(1), _clock.GetUtcNow());
        Assert.Equal(
            new ServingResult(7, false, "The health URL answered 500. It was asked 4 times in 1 second.") { Probes = 4, LastStatus = 500, Seconds = 1 },
            probe.Result);
    }

    [Fact(Timeout = Patience)]
    public async Task L3_ready_in_the_last_probe_counts()
    {
        using var probe = Start(startupTimeoutSeconds: 1);
        await FailAndWait(TimeSpan.FromMilliseconds(250));
        await FailAndWait(TimeSpan.FromMilliseconds(500));
        await FailAndWait(TimeSpan.FromMilliseconds(250));
        (await Next(_health.Questions)).Answer(null);
        await End(probe);

        Assert.True(probe.Result!.IsReady);
    }

    [Theory(Timeout = Patience)]
    [InlineData(null, 200, null)]
    [InlineData("The health URL answered 503.", 503, "The health URL answered 503. It was asked 1 time in 86400 seconds.")]
    [InlineData("The health URL did not answer in time.", null, "The health URL did not answer in time. It was asked 1 time in 86400 seconds.")]
    public async Task L3_after_downtime_one_probe_precedes_failed(string? problem, int? status, string? message)
    {
        _clock.Advance(TimeSpan.FromDays(1));
        using var probe = Start(startupTimeoutSeconds: 1);
        var question = await Next(_health.Questions);
        Assert.Null(probe.Result);

        question.Answer(problem, status);
        await End(probe);

        Assert.Equal(new ServingResult(7, problem is null, message) { Probes = 1, LastStatus = status, Seconds = 86_400 }, probe.Result);
        Assert.False(_health.Questions.TryRead(out _));
    }

    [Fact(Timeout = Patience)]
    public async Task L3_a_question_that_takes_longer_than_the_timeout_is_the_last()
    {
        using var probe = Start(startupTimeoutSeconds: 1);
        var question = await Next(_health.Questions);
        _clock.Advance(TimeSpan.FromSeconds(5));

        question.Answer("The health URL did not answer in time.");
        await End(probe);

        Assert.False(probe.Result!.IsReady);
    }

    [Fact(Timeout = Patience)]
    public async Task L3_dispose_ends_the_wait_between_two_probes()
    {
        var probe = Start();
        (await Next(_health.Questions)).Answer("not yet");
        await Next(_clock.Timers);

        probe.Dispose();
        await End(probe);
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Null(probe.Result);
        Assert.False(_health.Questions.TryRead(out _));
    }

    [Fact(Timeout = Patience)]
    public async Task L3_dispose_cancels_the_question_and_finds_nothing_any_more()
    {
        var probe = Start();
        var question = await Next(_health.Questions);

        probe.Dispose();
        Assert.True(question.Cancelled.IsCancellationRequested);
        question.Answer(null);
        await End(probe);

        Assert.Null(probe.Result);
    }

    private StartProbe Start(int startupTimeoutSeconds = 900, ServingStatus status = ServingStatus.Starting)
    {
        var serving = new ServingState
        {
            Url = "http://server",
            HealthUrl = "http://server/health",
            StartupTimeoutSeconds = startupTimeoutSeconds,
            Since = Begin,
            Attempt = 7,
            Status = status,
        };
        return new StartProbe(ServerRules.Of(serving)[0], serving, _health, _clock);
    }

    /// <summary>Answers the next question badly, sees how long the probe waits, and lets that time pass.</summary>
    private async Task FailAndWait(TimeSpan expected)
    {
        (await Next(_health.Questions)).Answer("not yet");
        Assert.Equal(expected, await Next(_clock.Timers));
        _clock.Advance(expected - TimeSpan.FromMilliseconds(1));
        Assert.False(_health.Questions.TryRead(out _));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
    }

    private static async Task<T> Next<T>(ChannelReader<T> channel) =>
        await channel.ReadAsync(TestContext.Current.CancellationToken);

    private static Task End(StartProbe probe) => probe.Ended.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>A health URL whose questions the test answers.</summary>
    private sealed class ScriptedHealth : IHealthProbe
    {
        private readonly Channel<Question> _questions = Channel.CreateUnbounded<Question>();

        public ChannelReader<Question> Questions => _questions.Reader;

        public Task<HealthAnswer> Check(Uri url, CancellationToken cancellationToken)
        {
            var question = new Question(url, cancellationToken);
            Assert.True(_questions.Writer.TryWrite(question));
            return question.Answered;
        }
    }

    private sealed class Question(Uri url, CancellationToken cancelled)
    {
        private readonly TaskCompletionSource<HealthAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Uri Url => url;

        public CancellationToken Cancelled => cancelled;

        public Task<HealthAnswer> Answered => _answer.Task;

        public void Answer(string? problem, int? status = 200) => _answer.SetResult(new HealthAnswer(problem, status));
    }

    /// <summary>A fake clock that tells of every timer once it is set, so that the test moves time only then.</summary>
    private sealed class WatchedClock(DateTimeOffset now) : FakeTimeProvider(now)
    {
        private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

        public ChannelReader<TimeSpan> Timers => _timers.Reader;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Assert.True(_timers.Writer.TryWrite(dueTime));
            return timer;
        }
    }
}
