using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>What a gateway knows of servers, with many calls at a time, and what it tells operators.</summary>
public sealed class ServerRecordsTests : IDisposable
{
    private const string Workspace = "default";
    private const string Version = "k7m2qx9p4d-1";

    private static readonly string[] Servers = ["http://a", "http://b", "http://c"];

    private readonly FakeTimeProvider _clock = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ServerRecords _records;

    public ServerRecordsTests() => _records = new ServerRecords(_services.GetRequiredService<IMeterFactory>(), _clock);

    [Fact]
    public void SV5_a_server_is_known_while_calls_run_there_or_after_it_has_failed()
    {
        using (var attempt = Begin([]))
        {
            Assert.Equal(1, _records.Known);
            attempt.Report(hasFailed: false);
        }

        Assert.Equal(0, _records.Known);
        Fail("http://a", times: 1);
        Assert.Equal(1, _records.Known);
    }

    [Fact]
    public void SV5_failures_are_forgotten_after_two_minutes_without_a_call()
    {
        Fail("http://a", times: 3);
        using var running = Begin([]);
        _clock.Advance(TimeSpan.FromMinutes(2));
        _records.Retire();
        Assert.Equal(2, _records.Known);

        _clock.Advance(TimeSpan.FromTicks(1));
        _records.Retire();

        Assert.Equal(1, _records.Known);
    }

    [Fact]
    public void SV5_what_is_known_of_a_server_is_of_one_version()
    {
        Fail("http://a", times: 3);

        for (var i = 0; i < 100; i++)
        {
            using var own = Begin([]);
            Assert.NotEqual("http://a", own.Url);
        }

        Assert.Contains(Others(Workspace, "k7m2qx9p4d-2"), url => url == "http://a");
        Assert.Contains(Others("other", Version), url => url == "http://a");

        IEnumerable<string> Others(string workspace, string version)
        {
            for (var i = 0; i < 100; i++)
            {
                using var attempt = _records.Begin(workspace, version, Servers, [], []);
                yield return attempt.Url;
            }
        }
    }

    [Fact]
    public async Task SV5_of_many_calls_at_a_time_one_tries_a_server_that_was_set_aside()
    {
        Fail("http://a", times: 3);
        _clock.Advance(TimeSpan.FromSeconds(5));

        var attempts = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => Begin([]))));

        Assert.Equal(1, attempts.Count(attempt => attempt.Url == "http://a"));
        Array.ForEach(attempts, attempt => attempt.Dispose());
        Assert.Equal(1, _records.Known);
    }

    [Fact]
    public async Task SV4_counts_come_back_to_nothing_after_many_calls_at_a_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 2000; i++)
            {
                List<string> tried = [];
                while (tried.Count < Servers.Length)
                {
                    using var attempt = Begin(tried);
                    Assert.DoesNotContain(attempt.Url, tried);
                    tried.Add(attempt.Url);
                    if (random.Next(3) is not 0 and var how)
                    {
                        attempt.Report(hasFailed: how == 1);
                    }
                }
            }
        })));
        foreach (var server in Servers)
        {
            Answer(server);
        }

        Assert.Equal(0, _records.Known);
    }

    [Fact]
    public void SV7_metrics_tell_attempts_by_number_and_result_and_the_servers_that_are_set_aside()
    {
        List<(string Name, long Value, string Tags)> told = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Tell(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Tell(instrument, value, tags));
        listener.Start();
        Fail("http://a", times: 3);
        using (var second = _records.Begin(Workspace, Version, ["http://a", "http://b"], [], ["http://a"]))
        {
            second.Report(hasFailed: false);
        }

        listener.RecordObservableInstruments();

        Assert.Equal(
            [
                ("orleans_registry.call.attempts", 0, "attempt=1 result=answered"),
                ("orleans_registry.call.attempts", 0, "attempt=2 result=failed"),
                ("orleans_registry.call.attempts", 0, "attempt=3 result=answered"),
                ("orleans_registry.call.attempts", 0, "attempt=3 result=failed"),
                ("orleans_registry.call.attempts", 1, "attempt=2 result=answered"),
                ("orleans_registry.call.attempts", 3, "attempt=1 result=failed"),
                ("orleans_registry.servers.set_aside", 1, ""),
            ],
            told.Order());

        void Tell(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            told.Add((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
    }

    public void Dispose()
    {
        _records.Dispose();
        _services.Dispose();
    }

    private ServerAttempt Begin(List<string> tried) => _records.Begin(Workspace, Version, Servers, [], tried);

    private void Fail(string server, int times)
    {
        for (var i = 0; i < times; i++)
        {
            using var attempt = _records.Begin(Workspace, Version, [server], [], []);
            attempt.Report(hasFailed: true);
        }
    }

    private void Answer(string server)
    {
        using var attempt = _records.Begin(Workspace, Version, [server], [], []);
        attempt.Report(hasFailed: false);
    }
}
