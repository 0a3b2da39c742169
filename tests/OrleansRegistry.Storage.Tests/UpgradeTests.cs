using OrleansRegistry.State;
using OrleansRegistry.Storage.Billing;
using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What the first schema has stored is there after the steps that came later.</summary>
public abstract class UpgradeTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private static readonly DateTimeOffset March = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Rows_and_events_of_the_first_schema_are_taken_over_and_their_intervals_are_billed()
    {
        (DateTimeOffset Start, DateTimeOffset End)[] intervals =
            [(March.AddMilliseconds(5), March.AddMinutes(1)), (March.AddMonths(1), March.AddMonths(1).AddMinutes(1))];
        var version = Rows.Version() with { State = VersionState.Inactive, Meter = new Meter() };
        Assert.Equal(1, await Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with
        {
            VersionWrites = [Rows.Write(version)],
            Events = [.. intervals.Select(interval => new EventWrite
            {
                Type = EventType.UsageRecorded,
                At = interval.End,
                VersionId = $"{Rows.ModelId}-1",
                Actor = "key:ci",
                Data = EventDraft.Usage(new UsageInterval(interval.Start, interval.End, Stage.Draft, "cpu-1x2")).Data,
            })],
        })));

        await Migrate(steps: int.MaxValue);

        var sums = await new BillingCatalog(Database).Sum(
            "default", new UsageWindow { From = March, To = March.AddMonths(2), Now = March.AddMonths(2) }, default);
        Assert.Equal(119_995, sums.Sum(sum => sum.Milliseconds));
        var events = await Catalog.ListEvents("default", new EventFilter { ModelId = Rows.ModelId }, 10, default);
        Assert.Equal(["1", "2"], events.Select(happened => happened.Id));
        Assert.All(events, happened => Assert.Equal((EventType.UsageRecorded, Rows.ModelId), (happened.Type, happened.ModelId)));
        Assert.Equal(new WorkspaceUse(1, Rows.Model().VersionCount, Rows.Model().Active.Length), await Catalog.CountUse("default", default));

        // The next event goes on from there.
        Assert.Equal(2, await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with { Events = [Rows.Event(EventType.ModelUpdated, null)] })));
        Assert.Equal(3, await Catalog.FindLastPosition(default));
    }

    /// <inheritdoc/>
    private protected override async Task Prepare()
    {
        await Database.Prepare(default);
        await Migrate(steps: 1);
    }

    private async Task Migrate(int steps)
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await SchemaRunner.Run(connection, Database, [.. SchemaSteps.Of(Database.Dialect).Take(steps)], default);
    }
}

public sealed class SqliteUpgradeTests() : UpgradeTests(() => Task.FromResult(TestDatabase.Sqlite()));

public sealed class PostgresUpgradeTests() : UpgradeTests(TestDatabase.Postgres);
