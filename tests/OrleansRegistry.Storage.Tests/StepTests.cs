using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What was stored before a step of the schema is there after it.</summary>
public abstract class StepTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    [Fact]
    public async Task Events_from_before_step_8_get_names_and_numbers_and_no_comment()
    {
        await Run(step => step.Number < 8);
        var version = Rows.Version();
        await Insert("model", $"model/default/{Rows.ModelId}", Rows.Json(Rows.Model()));
        await Insert("version", $"version/default/{version.Id}", Rows.Json(version));
        await TestRows.Execute(
            Options,
            $$"""
            insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data) values
                ('model/default/{{Rows.ModelId}}', 1, 1, 'default', '{{Rows.ModelId}}', null, 'model.created', '2026-03-01T12:00:00.000Z', 'key:ci', '{"name":"A model"}'),
                ('model/default/{{Rows.ModelId}}', 1, 2, 'default', '{{Rows.ModelId}}', '{{version.Id}}', 'primary.changed', '2026-03-01T12:00:00.000Z', 'key:ci', '{"from":null,"to":"{{version.Id}}","reason":"published"}')
            """);

        await Run(_ => true);

        var events = await Catalog.ListEvents("default", new EventFilter(), 10, default);
        Assert.Equal(["1", "2"], events.Select(happened => happened.Id));
        Assert.Equal([("A model", null), ("A model", "0.1.0")], events.Select(happened => (happened.ModelName, happened.Version)));
        Assert.All(events, happened => Assert.Equal((null, null), (happened.ActorName, happened.Comment)));
        var period = Assert.Single(await Catalog.ListPrimaries("default", Rows.ModelId, null, 10, default));
        Assert.Equal((version.Id.ToString(), "0.1.0", PrimaryReason.Published), (period.VersionId, period.Version, period.Reason));
    }

    [Fact]
    public async Task An_event_keeps_who_and_why()
    {
        await Run(_ => true);
        await Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with
        {
            VersionWrites = [Rows.Write(Rows.Version())],
            Events = [Rows.Event(EventType.VersionPublished, $"{Rows.ModelId}-1"), Rows.Event(EventType.ModelDeleted)],
        }));

        var events = await Catalog.ListEvents("default", new EventFilter(), 10, default);

        // The version's own deletion comes from its row.
        Assert.Equal([EventType.VersionPublished, EventType.VersionDeleted, EventType.ModelDeleted], events.Select(happened => happened.Type));
        Assert.All(events, happened => Assert.Equal(("key:ci", "ci", "It is good"), (happened.Actor, happened.ActorName, happened.Comment)));
    }

    /// <summary>Nothing is made before a test says how much.</summary>
    private protected override Task Prepare() => Database.Prepare(default);

    /// <summary>Runs some of the steps, and the script that goes with all of them.</summary>
    private async Task Run(Func<SchemaScript, bool> isRun)
    {
        var all = SchemaScripts.Of(Database.Dialect);
        SchemaScript[] steps = [.. all.Steps.Where(isRun)];
        var repeatable = steps.Length == all.Steps.Count ? all.Repeatable : new SchemaScript(1, "select 1");
        await using var connection = await Database.Writers.OpenConnectionAsync();
        await SchemaRunner.Run(connection, Database, new SchemaScripts(steps, repeatable), default);
    }

    private async Task Insert(string kind, string key, string payload) => await TestRows.Execute(
        Options,
        $"insert into registry_state (key, kind, version, payload, modified_on) values ('{key}', '{kind}', 1, '{payload}', '2026-03-01T12:00:00.000Z')");
}

public sealed class SqliteStepTests() : StepTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresStepTests() : StepTests(TestDatabase.Postgres);
