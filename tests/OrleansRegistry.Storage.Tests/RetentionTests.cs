using System.Collections.Immutable;
using System.Globalization;
using OrleansRegistry.Storage.Retention;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Events that are old, billed and delivered are removed, and no others.</summary>
public abstract class RetentionTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private static readonly DateTimeOffset May = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

    private int _revision;

    [Fact]
    public async Task Only_what_is_older_than_the_instant_goes_and_positions_go_on()
    {
        await Happen("one", "2026-04-29T00:00:00.000Z", "2026-04-30T23:59:59.999Z", "2026-05-01T00:00:00.000Z");
        await Close("default", "2026-04");
        await Close("default", "2026-05");

        Assert.Equal(2, await new EventPruner(Database).Prune(May, default));

        Assert.Equal(["3"], (await Events()).Select(happened => happened.Id));
        Assert.Equal(0, await new EventPruner(Database).Prune(May, default));
        await Happen("one", "2026-06-01T00:00:00.000Z");
        Assert.Equal(["3", "4"], (await Events()).Select(happened => happened.Id));
    }

    [Fact]
    public async Task The_last_event_of_all_stays_however_old_it_is()
    {
        await Happen("one", "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z");
        await Close("default", "2026-01");

        Assert.Equal(1, await new EventPruner(Database).Prune(May, default));
        Assert.Equal(["2"], (await Events()).Select(happened => happened.Id));
        await Happen("one", "2026-06-01T00:00:00.000Z");

        Assert.Equal(["2", "3"], (await Events()).Select(happened => happened.Id));
        Assert.Equal(3, await Catalog.FindLastPosition(default));
    }

    [Fact]
    public async Task B5_what_is_not_billed_stays()
    {
        await Happen("one", "2026-02-28T00:00:00.000Z", "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z", "2026-06-01T00:00:00.000Z");
        await Close("default", "2026-03");
        await Close("other", "2026-02");

        Assert.Equal(2, await new EventPruner(Database).Prune(May, default));

        Assert.Equal(["1", "4"], (await Events()).Select(happened => happened.Id));
    }

    [Theory]
    [InlineData("default", "enabled", 1, 1)]
    [InlineData("default", "enabled", 2, 2)]
    [InlineData("default", "disabled", 0, 2)]
    [InlineData("default2", "enabled", 0, 2)]
    public async Task What_an_enabled_webhook_was_not_told_of_stays(string workspace, string state, int told, int removed)
    {
        await Happen("one", "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z", "2026-06-01T00:00:00.000Z");
        await Close("default", "2026-03");
        await Write("webhook", $"webhook/{workspace}/5x7m2qk9pd", null, $$$"""{"webhook":{"state":"{{{state}}}","last_event_id":"{{{told}}}"}}""");

        Assert.Equal(removed, await new EventPruner(Database).Prune(May, default));
    }

    [Fact]
    public async Task More_than_a_window_goes_in_several_transactions_and_gaps_are_no_end()
    {
        const int count = (EventPruner.Window * 2) + 10;
        for (var i = 0; i < count; i += 500)
        {
            await Happen($"model {i % 3}", [.. Enumerable.Repeat("2026-03-01T00:00:00.000Z", Math.Min(500, count - i))]);
        }

        await Happen("kept", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z");
        await TestRows.Execute(Options, $"delete from registry_event where position between 2 and {EventPruner.Window + 100}");
        await Close("default", "2026-03");

        Assert.Equal(count - EventPruner.Window - 99 + 1, await new EventPruner(Database).Prune(May, default));

        Assert.Equal(["kept", "kept"], (await Events()).Select(happened => happened.ModelId));
        Assert.Equal(4, Convert.ToInt32(await TestRows.Execute(Options, "select count(*) from registry_pruned"), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task How_far_events_were_removed_is_known_by_workspace_and_model()
    {
        await Happen("one", "2026-03-01T00:00:00.000Z", "2026-04-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z");
        await Happen("two", "2026-03-03T00:00:00.000Z", "2026-06-01T00:00:00.000Z");
        await Happen("three", "2026-06-01T00:00:00.000Z");
        Assert.Equal(new EventRange(0, 6), await Catalog.FindEventRange("default", null, default));
        await Close("default", "2026-03");

        Assert.Equal(3, await new EventPruner(Database).Prune(May, default));

        Assert.Equal(new EventRange(4, 6), await Catalog.FindEventRange("default", null, default));
        Assert.Equal(new EventRange(3, 6), await Catalog.FindEventRange("default", "one", default));
        Assert.Equal(new EventRange(4, 6), await Catalog.FindEventRange("default", "two", default));
        Assert.Equal(new EventRange(0, 6), await Catalog.FindEventRange("default", "three", default));
        Assert.Equal(new EventRange(0, 6), await Catalog.FindEventRange("defaul", null, default));
        Assert.Equal(new EventRange(0, 6), await Catalog.FindEventRange("default0", null, default));

        // A month that is closed later, with events before those: the note doesn't go back.
        await Close("default", "2026-04");
        Assert.Equal(1, await new EventPruner(Database).Prune(May, default));
        Assert.Equal(new EventRange(3, 6), await Catalog.FindEventRange("default", "one", default));
        Assert.Equal(new EventRange(4, 6), await Catalog.FindEventRange("default", null, default));
    }

    private Task<ImmutableArray<RegistryEvent>> Events() => Catalog.ListEvents("default", new EventFilter(), 100, default);

    private async Task Happen(string model, params string[] instants)
    {
        var rows = instants.Select(at =>
            string.Create(CultureInfo.InvariantCulture, $"('model/default/{model}', 'default', '{model}', {++_revision}, 1, 'version.updated', '{at}', null, 'test', '{{}}')"));
        await TestRows.Execute(
            Options,
            $"insert into registry_event (source, workspace, model_id, revision, n, type, at, version_id, actor, data) values {string.Join(',', rows)}");
        await Catalog.FindLastPosition(default);
    }

    private async Task Close(string workspace, string month) => Assert.Equal(1, await Write("billing", $"billing/{workspace}/{month}", null, "{}"));
}

public sealed class SqliteRetentionTests() : RetentionTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresRetentionTests() : RetentionTests(TestDatabase.Postgres);
