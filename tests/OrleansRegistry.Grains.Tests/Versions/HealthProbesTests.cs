using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Grains.Tests.Versions;

/// <summary>The probes of a version that is ready (rule HV1), on a clock of the test's own.</summary>
public sealed class HealthProbesTests : IDisposable
{
    private const int Seconds = 10;
    private const int Patience = 20_000;

    private readonly PlayedHealth _health = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly HealthProbes _probes;

    public HealthProbesTests() => _probes = new HealthProbes(_health, _clock);

    public void Dispose() => _probes.Dispose();

    [Fact(Timeout = Patience)]
    public async Task HV1_each_server_that_is_called_and_has_a_health_url_is_asked_about_every_interval()
    {
        var serving = Serving("a", "b") with { };
        Assert.Empty(_probes.Take(serving));

        var signs = await Find(serving, 20);

        Assert.Equal(["http://a", "http://b"], signs.Select(sign => sign.Url).Distinct().Order());
        var times = signs.Where(sign => sign.Url == "http://a").Select(sign => sign.At).ToList();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(
            pair.Second - pair.First, TimeSpan.FromSeconds(Seconds * 0.8) - Step, TimeSpan.FromSeconds(Seconds * 1.2) + Step));
        Assert.True(times.Zip(times.Skip(1)).DistinctBy(pair => pair.Second - pair.First).Count() > 1, "The pauses are all alike.");
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_what_they_answer_is_told_once_in_order()
    {
        var serving = Serving("a");
        _health.IsGood = false;
        _probes.Take(serving);
        Assert.All(await Find(serving, 2), sign => Assert.False(sign.IsGood));

        _health.IsGood = true;
        Assert.True((await Find(serving, 1))[0].IsGood);
        Assert.Empty(_probes.Take(serving));
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_what_they_answer_is_thrown_away_when_nobody_asks_for_it_in_time()
    {
        var serving = Serving("a");
        _probes.Take(serving);
        await Find(serving, 1);
        _health.IsGood = false;
        _health.Asked.Clear();
        using var others = new HealthProbes(_health, _clock);
        others.Take(Serving("other"));
        // For longer than an interval, which is as long as two in which a model asks.
        await Find(Serving("other"), 4, others);
        Assert.Contains("http://a/health", _health.Asked);

        Assert.Empty(_probes.Take(serving));
        Assert.False((await Find(serving, 1))[0].IsGood);
    }

    [Theory(Timeout = Patience)]
    [InlineData(0, true, ServingStatus.Ready)]
    [InlineData(Seconds, false, ServingStatus.Ready)]
    [InlineData(Seconds, true, ServingStatus.Starting)]
    [InlineData(Seconds, true, ServingStatus.Stopped)]
    public async Task HV1_nobody_else_is_asked(int seconds, bool isUp, ServingStatus status)
    {
        var serving = Serving("a") with { ProbeSeconds = seconds, Status = status };
        serving = serving with { Servers = [serving.Servers![0] with { UpAttempt = isUp ? 1 : null }] };
        _probes.Take(serving);

        // Another one is asked all that time.
        using var others = new HealthProbes(_health, _clock);
        others.Take(Serving("other"));
        await Find(Serving("other"), 5, others);
        Assert.All(_health.Asked, url => Assert.Equal("http://other/health", url));
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_probes_end_by_themselves_when_nobody_takes_what_they_find()
    {
        var serving = Serving("a");
        _probes.Take(serving);
        await Find(serving, 1);
        using var others = new HealthProbes(_health, _clock);
        others.Take(Serving("other"));
        // For longer than the patience, and one interval more.
        await Find(Serving("other"), 8, others);
        var asked = _health.Asked.Count(url => url.Contains("//a", StringComparison.Ordinal));

        await Find(Serving("other"), 5, others);
        Assert.Equal(asked, _health.Asked.Count(url => url.Contains("//a", StringComparison.Ordinal)));
        Assert.NotEmpty(await Find(serving, 1));
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_a_server_that_is_replaced_is_not_asked_any_more()
    {
        _probes.Take(Serving("a"));
        await Find(Serving("a"), 1);
        _probes.Keep(Serving("b"));
        _health.Asked.Clear();

        await Find(Serving("b"), 5);
        Assert.All(_health.Asked, url => Assert.Equal("http://b/health", url));
    }

    private static TimeSpan Step => TimeSpan.FromMilliseconds(500);

    private static ServingState Serving(params string[] names)
    {
        var servers = names.Select(name => new ServerState { Url = $"http://{name}", HealthUrl = $"http://{name}/health", UpAttempt = 1 }).ToList();
        return new ServingState
        {
            Url = servers[0].Url,
            HealthUrl = servers[0].HealthUrl,
            Status = ServingStatus.Ready,
            Attempt = 1,
            Servers = servers,
            ProbeSeconds = Seconds,
        };
    }

    /// <summary>Lets time pass until so much was found.</summary>
    private async Task<List<ProbeSign>> Find(ServingState serving, int count, HealthProbes? probes = null)
    {
        List<ProbeSign> found = [];
        while (true)
        {
            found.AddRange((probes ?? _probes).Take(serving));
            if (found.Count >= count)
            {
                return found;
            }

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _clock.Advance(Step);
            // The probes run on other threads: let them come to their next wait.
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private sealed class PlayedHealth : IHealthProbe
    {
        public ConcurrentBag<string> Asked { get; } = [];

        public bool IsGood { get; set; } = true;

        public Task<HealthAnswer> Check(Uri url, CancellationToken cancellationToken)
        {
            Asked.Add(url.AbsoluteUri);
            return Task.FromResult(new HealthAnswer(IsGood ? null : "no", IsGood ? 200 : 503));
        }
    }
}
