using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Events;
using OrleansRegistry.Storage.Sqlite;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>A node's clock is compared with what is stored (rule H6).</summary>
public sealed class SqliteClockTests() : DatabaseTest(() => Task.FromResult(TestDatabase.Sqlite()))
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = new(Noon);

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(2.1, true)]
    [InlineData(86_400, true)]
    public async Task H6_a_clock_that_is_more_than_two_seconds_behind_is_off_before_the_silo_starts(double seconds, bool isOff)
    {
        await Happen(Noon.AddSeconds(seconds), model: true);
        using var clock = Clock();

        await clock.StartAsync(default);

        Assert.Equal(isOff, clock.IsOff);
        Assert.Equal(
            isOff ? HealthStatus.Degraded : HealthStatus.Healthy, (await clock.CheckHealthAsync(new HealthCheckContext())).Status);
        await clock.StopAsync(default);
    }

    [Fact]
    public async Task H6_what_belongs_to_no_model_and_an_empty_file_say_nothing_of_the_clock()
    {
        using var clock = Clock();
        await clock.StartAsync(default);
        Assert.False(clock.IsOff);
        await clock.StopAsync(default);

        await Happen(Noon.AddDays(1), model: false);
        using var again = Clock();
        await again.StartAsync(default);
        Assert.False(again.IsOff);
        await again.StopAsync(default);
    }

    [Fact]
    public async Task H6_a_clock_that_is_set_back_while_the_node_runs_is_off_until_it_has_passed_what_is_stored()
    {
        await Happen(Noon, model: true);
        using var clock = Clock();
        await clock.StartAsync(default);
        Assert.False(clock.IsOff);

        await Happen(Noon.AddHours(1), model: true);
        await Until(clock, isOff: true);
        for (var i = 0; i < 101; i++)
        {
            await Happen(Noon.AddSeconds(i), model: true);
        }

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.True(clock.IsOff);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Until(clock, isOff: false);
        await clock.StopAsync(default);
    }

    [Fact]
    public async Task H6_what_models_stored_counts_behind_whatever_happened_to_others_since()
    {
        await Happen(Noon.AddDays(1), model: true);
        await TestRows.Execute(
            Options,
            $$"""
            with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 20000)
            insert into registry_event (source, revision, n, workspace, type, at, actor, data)
                select 'keys', n, 1, 'default', 'api_key.created', '{{Noon.ToInstantText()}}', 'test', '{}' from numbers
            """);
        using var clock = Clock();

        await clock.StartAsync(default);
        Assert.True(clock.IsOff);
        _time.Advance(TimeSpan.FromHours(23));
        Assert.True(clock.IsOff);
        _time.Advance(TimeSpan.FromHours(1));
        await Until(clock, isOff: false);

        await Happen(Noon.AddDays(2), model: true);
        await Until(clock, isOff: true);
        await clock.StopAsync(default);
    }

    [Fact]
    public async Task H6_an_operators_word_counts_until_something_newer_is_stored_and_is_an_event()
    {
        await Happen(Noon.AddDays(1), model: true);
        var instants = new StoredInstants(Database);
        await instants.Accept(new AcceptedClock(Noon, Noon.AddDays(1)), default);

        using var clock = Clock();
        await clock.StartAsync(default);
        Assert.False(clock.IsOff);
        await clock.StopAsync(default);
        var told = Assert.Single(await Catalog.ListEvents(
            GrainKeys.DefaultWorkspace, new EventFilter { Types = [EventType.ClockAccepted] }, 10, default));
        Assert.Equal((Noon, "operator"), (told.At, told.Actor));
        Assert.Equal("2026-03-02T12:00:00.000Z", told.Data.GetProperty("stored_at").GetString());

        await Happen(Noon.AddDays(2), model: true);
        using var again = Clock();
        await again.StartAsync(default);
        Assert.True(again.IsOff);
        await again.StopAsync(default);

        // Said twice: the event of each stays.
        await instants.Accept(new AcceptedClock(Noon, Noon.AddDays(2)), default);
        Assert.Equal(2, (await Catalog.ListEvents(GrainKeys.DefaultWorkspace, new EventFilter { Types = [EventType.ClockAccepted] }, 10, default)).Length);
    }

    private int _events;

    private SqliteClock Clock() => new(new StoredInstants(Database), _time, NullLogger<SqliteClock>.Instance);

    /// <summary>Lets the worker look until it has seen what is stored.</summary>
    private async Task Until(SqliteClock clock, bool isOff)
    {
        _time.Advance(Tick);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (clock.IsOff != isOff)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task Happen(DateTimeOffset at, bool model) => await TestRows.Execute(
        Options,
        $"""
        insert into registry_event (source, revision, n, workspace, model_id, type, at, actor, data)
            values ('test', {++_events}, 1, 'default', {(model ? "'k7m2qx9p4d'" : "null")}, 'model.updated', '{at.ToInstantText()}', 'test', '{"{}"}')
        """);
}
