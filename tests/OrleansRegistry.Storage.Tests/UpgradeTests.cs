using OrleansRegistry.Events;
using OrleansRegistry.State;
using OrleansRegistry.Storage.Billing;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What this build has stored is there after the scripts of the next one.</summary>
public abstract class UpgradeTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private static readonly DateTimeOffset March = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Rows_and_events_are_taken_over_by_the_next_schema_and_their_intervals_are_billed()
    {
        (DateTimeOffset Start, DateTimeOffset End)[] intervals =
            [(March.AddMilliseconds(5), March.AddMinutes(1)), (March.AddMonths(1), March.AddMonths(1).AddMinutes(1))];
        var version = Rows.Version() with { State = VersionState.Inactive, Meter = new Meter() };
        Assert.Equal(1, await Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with
        {
            VersionWrites = [Rows.Write(version)],
            Events = [.. intervals.Select(interval => Recorded(interval.Start, interval.End))],
        })));

        await Upgrade();

        Assert.Equal(119_995, await Billed());
        var events = await Catalog.ListEvents("default", new EventFilter { ModelId = Rows.ModelId }, 10, default);
        Assert.Equal(["1", "2"], events.Select(happened => happened.Id));
        Assert.All(events, happened => Assert.Equal((EventType.UsageRecorded, Rows.ModelId), (happened.Type, happened.ModelId)));
        Assert.Equal(new WorkspaceUse(1, Rows.Model().VersionCount, Rows.Model().Active.Length, 0), await Catalog.CountUse("default", default));

        // The next event goes on from there, and is billed once.
        Assert.Equal(2, await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with
        {
            Events = [Recorded(March.AddMinutes(2), March.AddMinutes(3))],
        })));
        Assert.Equal(3, await Catalog.FindLastPosition(default));
        Assert.Equal(179_995, await Billed());
    }

    [Fact]
    public async Task Rows_that_this_build_would_not_write_so_can_be_read_in_the_next_schema()
    {
        foreach (var file in GoldenFiles.Foreign)
        {
            // A version belongs to the model beside it.
            var kind = GoldenFiles.KindOf(file);
            var id = Path.GetDirectoryName(file) + Path.GetFileNameWithoutExtension(file)[kind.Length..];
            Assert.Equal(1, await Write(kind, $"{kind}/default/{id}{(kind == StorageNames.Version ? "-1" : "")}", null, GoldenFiles.Read(file)));
        }

        await Upgrade();

        Assert.DoesNotContain(await RegistryCheck.Run(Options, default), finding => finding.Problem.Contains("stored state", StringComparison.Ordinal));
    }

    private static EventWrite Recorded(DateTimeOffset start, DateTimeOffset end) => new()
    {
        Type = EventType.UsageRecorded,
        At = end,
        VersionId = $"{Rows.ModelId}-1",
        Actor = "key:ci",
        Data = VersionEvents.Usage(new UsageInterval(start, end, Stage.Draft, "cpu-1x2")).Data,
    };

    private async Task<long> Billed()
    {
        var window = new UsageWindow { From = March, To = March.AddMonths(2), Now = March.AddMonths(2) };
        return (await new BillingCatalog(Database).Sum("default", window, default)).Sum(sum => sum.Milliseconds);
    }

    /// <summary>As the next build does, whose rows have a column more.</summary>
    private async Task Upgrade()
    {
        var scripts = SchemaScripts.Of(Database.Dialect);
        var step = new SchemaScript(scripts.Steps[^1].Number + 1, "alter table registry_state add column more text");
        var next = new SchemaScripts(
            [.. scripts.Steps, step], scripts.Repeatable with { Number = scripts.Repeatable.Number + 1 });
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await SchemaRunner.Run(connection, Database, next, default);
    }
}

public sealed class SqliteUpgradeTests() : UpgradeTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresUpgradeTests() : UpgradeTests(TestDatabase.Postgres);
