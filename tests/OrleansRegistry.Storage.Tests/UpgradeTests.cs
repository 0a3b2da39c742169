using OrleansRegistry.Events;
using OrleansRegistry.State;
using OrleansRegistry.Storage.Billing;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What each earlier schema has stored is there after the steps that came later.</summary>
public abstract class UpgradeTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private static readonly DateTimeOffset March = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<int> EarlierSchemas => [.. SchemaSteps.Of("Sqlite").SkipLast(1).Select(step => step.Number)];

    [Theory]
    [MemberData(nameof(EarlierSchemas))]
    public async Task Rows_and_events_of_an_earlier_schema_are_taken_over_and_their_intervals_are_billed(int schema)
    {
        await Migrate(steps: schema);
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
                Data = VersionEvents.Usage(new UsageInterval(interval.Start, interval.End, Stage.Draft, "cpu-1x2")).Data,
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

    [Theory]
    [MemberData(nameof(EarlierSchemas))]
    public async Task Rows_of_earlier_builds_in_an_earlier_schema_can_be_read(int schema)
    {
        await Migrate(steps: schema);
        foreach (var file in GoldenFiles.Foreign)
        {
            // A version belongs to the model beside it.
            var kind = GoldenFiles.KindOf(file);
            var id = Path.GetDirectoryName(file) + Path.GetFileNameWithoutExtension(file)[kind.Length..];
            Assert.Equal(1, await Write(kind, $"{kind}/default/{id}{(kind == StorageNames.Version ? "-1" : "")}", null, GoldenFiles.Read(file)));
        }

        await Migrate(steps: int.MaxValue);

        Assert.DoesNotContain(await RegistryCheck.Run(Options, default), finding => finding.Problem.Contains("stored state", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(EarlierSchemas))]
    public async Task L5_versions_that_an_earlier_build_deleted_with_their_model_have_their_events(int schema)
    {
        await Migrate(steps: schema);
        var key = $"model/default/{Rows.ModelId}";
        var inactive = Rows.Version() with { State = VersionState.Inactive, Meter = new Meter() };
        await Write("model", key, null, Rows.Json(Rows.Model() with { VersionWrites = [Rows.Write(inactive)], Events = [Rows.Event(EventType.VersionDeactivated, $"{Rows.ModelId}-1")] }));
        await Write("model", key, 1, Rows.Json(Rows.Model() with { DeletedAt = Rows.Noon, Active = [], Primary = null, Events = [Rows.Event(EventType.ModelDeleted, null)] }));

        await Migrate(steps: int.MaxValue);

        var events = await Catalog.ListEvents("default", new EventFilter { ModelId = Rows.ModelId }, 10, default);
        var told = Assert.Single(events, happened => happened.Type == EventType.VersionDeleted);
        Assert.Equal(("3", $"{Rows.ModelId}-1", events[1].At, events[1].Actor), (told.Id, told.VersionId, told.At, told.Actor));
    }

    /// <inheritdoc/>
    private protected override Task Prepare() => Database.Prepare(default);

    private async Task Migrate(int steps)
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await SchemaRunner.Run(connection, Database, [.. SchemaSteps.Of(Database.Dialect).Take(steps)], default);
    }
}

public sealed class SqliteUpgradeTests() : UpgradeTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresUpgradeTests() : UpgradeTests(TestDatabase.Postgres);
