using System.Data.Common;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>The one statement of a command: model row, version rows and events, all or nothing.</summary>
public abstract class CommitTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private const string Key = $"model/default/{Rows.ModelId}";

    [Fact]
    public async Task A_commit_stores_the_model_its_versions_and_its_events_and_strips_what_it_brought()
    {
        Assert.Equal(1, await Deploy());

        var model = await Catalog.FindModel("default", Rows.ModelId, default);
        var version = await Catalog.FindVersion("default", new VersionId(Rows.ModelId, 1), default);
        var events = await Catalog.ListEvents("default", new EventFilter(), 10, default);
        Assert.Equal((1, 2), (model!.Model.Revision, model.Model.ActiveVersionCount));
        Assert.Equal((1, true, "abc"), (version!.Revision, version.IsPrimary, (await Catalog.FindDeployment("default", "A model", "key-1", default))!.BodyHash));
        Assert.Equal(["1", "2"], events.Select(happened => happened.Id));
        Assert.Equal([EventType.ModelCreated, EventType.VersionDeployed], events.Select(happened => happened.Type));
        Assert.Equal(1, events[1].Data.GetProperty("n").GetInt32());
        var payload = (string)(await TestRows.Execute(Options, "select cast(payload as text) from registry_state where kind = 'model'"))!;
        Assert.DoesNotContain("version_writes", payload, StringComparison.Ordinal);
        Assert.DoesNotContain("\"events\"", payload, StringComparison.Ordinal);
        Assert.DoesNotContain("not_after", payload, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_row_of_another_version_is_a_conflict_and_nothing_is_stored()
    {
        await Deploy();
        foreach (var expect in new int?[] { null, 0, 2 })
        {
            Assert.Null(await Write("model", Key, expect, Rows.Json(Rows.Model() with
            {
                Description = "lost",
                VersionWrites = [Rows.Write(Rows.Version(2, "1.0.0"))],
                Events = [Rows.Event(EventType.VersionDeployed)],
            })));
        }

        Assert.Null(await Write("model", "model/default/0000000000", 1, Rows.Json(Rows.Model() with { Events = [] })));
        await AssertOnlyTheFirst();
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task A_version_row_of_another_version_undoes_the_whole_statement(int ordinal, int? expect)
    {
        await Deploy();
        var number = ordinal == 1 ? "0.1.0" : "1.0.0";
        await Assert.ThrowsAnyAsync<DbException>(() => Write("model", Key, 1, Rows.Json(Rows.Model() with
        {
            Description = "lost",
            VersionWrites = [Rows.Write(Rows.Version(3, "1.1.0")), Rows.Write(Rows.Version(ordinal, number), expect)],
            Events = [Rows.Event(EventType.VersionDeployed)],
        })));

        await AssertOnlyTheFirst();
        Assert.Equal(2, await Write("model", Key, 1, Rows.Json(Rows.Model() with { VersionWrites = [Rows.Write(Rows.Version(), 1)], Events = [] })));
    }

    [Theory]
    [InlineData("0.1.0", "another-key")]
    [InlineData("1.0.0", "key-1")]
    public async Task N5_a_number_or_a_key_that_was_used_undoes_the_whole_statement(string number, string key)
    {
        await Deploy();
        var version = Rows.Version(2, number) with { Idempotency = new IdempotencyKey { Key = key, BodyHash = "other" } };
        await Assert.ThrowsAnyAsync<DbException>(() => Write("model", Key, 1, Rows.Json(Rows.Model() with
        {
            VersionWrites = [Rows.Write(version)],
            Events = [Rows.Event(EventType.VersionDeployed)],
        })));

        await AssertOnlyTheFirst();
    }

    [Fact]
    public async Task E1_a_command_past_its_deadline_is_refused_by_the_database()
    {
        await Deploy();
        await Assert.ThrowsAnyAsync<DbException>(() => Write("model", Key, 1, Rows.Json(Rows.Model() with { Events = [], NotAfter = Rows.Noon })));
        await AssertOnlyTheFirst();
    }

    [Fact]
    public async Task L5_versions_that_are_deleted_with_their_model_have_their_events_before_it()
    {
        var inactive = Rows.Version() with { State = VersionState.Inactive, Meter = new Meter() };
        await Write("model", Key, null, Rows.Json(Rows.Model() with
        {
            VersionWrites = [Rows.Write(inactive)],
            Events = [Rows.Event(EventType.VersionDeactivated, $"{Rows.ModelId}-1")],
        }));
        await Write("model", Key, 1, Rows.Json(Rows.Model() with
        {
            DeletedAt = Rows.Noon,
            Active = [],
            Primary = null,
            Events = [Rows.Event(EventType.ModelDeleted, null)],
        }));

        var events = await Catalog.ListEvents("default", new EventFilter { ModelId = Rows.ModelId }, 10, default);
        Assert.Equal(
            [EventType.VersionDeactivated, EventType.VersionDeleted, EventType.ModelDeleted],
            events.Select(happened => happened.Type));
        var (told, model) = (events[1], events[2]);
        Assert.Equal(("2", $"{Rows.ModelId}-1", model.At, model.Actor), (told.Id, told.VersionId, told.At, told.Actor));
    }

    [Fact]
    public async Task Of_many_first_writes_at_once_one_is_stored()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            try
            {
                return await Write("name", "name/default/A model", null, """{"model_id":"k7m2qx9p4d"}""");
            }
            catch (DbException)
            {
                return null;
            }
        }));

        Assert.Single(versions, version => version == 1);
        Assert.Equal(15, versions.Count(version => version is null));
    }

    [Theory]
    [InlineData("face", "FACE")]
    [InlineData("face", "0face")]
    [InlineData("e\u0301", "\u00e9")]
    public async Task Names_that_look_alike_have_rows_of_their_own(string one, string other)
    {
        Assert.Equal(1, await Write("name", GrainKeys.Name("default", one), null, """{"model_id":"k7m2qx9p4d"}"""));
        Assert.Equal(1, await Write("name", GrainKeys.Name("default", other), null, """{"model_id":"k7m2qx9p4e"}"""));
    }

    [Fact]
    public async Task A_follower_of_positions_misses_no_event_and_sees_none_twice_while_many_commit()
    {
        const int writers = 16;
        const int commits = 25;
        var done = Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            var id = $"{writer:D10}";
            for (var commit = 0; commit < commits; commit++)
            {
                var events = Enumerable.Range(0, 3).Select(_ => Rows.Event(EventType.ModelUpdated)).ToArray();
                Assert.Equal(commit + 1, await Write("model", $"model/default/{id}", commit == 0 ? null : commit, Rows.Json(Rows.Model(id, id) with { Events = events })));
            }
        }));

        List<long> seen = [];
        bool last;
        do
        {
            last = done.IsCompleted;
            seen.AddRange((await Catalog.ListEvents("default", new EventFilter { After = seen.LastOrDefault() }, 100, default))
                .Select(happened => long.Parse(happened.Id, System.Globalization.CultureInfo.InvariantCulture)));
        }
        while (!last || seen.Count < writers * commits * 3);
        await done;

        Assert.Equal(Enumerable.Range(1, writers * commits * 3).Select(position => (long)position), seen);
    }

    private Task<int?> Deploy() => Write("model", Key, null, Rows.Json(Rows.Model() with
    {
        NotAfter = DateTimeOffset.MaxValue.AddDays(-1),
        VersionWrites = [Rows.Write(Rows.Version())],
        Events = [Rows.Event(EventType.ModelCreated), Rows.Event(EventType.VersionDeployed, $"{Rows.ModelId}-1")],
    }));

    private async Task AssertOnlyTheFirst()
    {
        Assert.Equal((1, "What it is"), ((await Catalog.FindModel("default", Rows.ModelId, default))!.Model is var model ? model.Revision : 0, model.Description));
        Assert.Single(await Catalog.ListVersions("default", Rows.ModelId, new VersionFilter(), 10, default));
        Assert.Equal(2, (await Catalog.ListEvents("default", new EventFilter(), 10, default)).Length);
    }
}

public sealed class SqliteCommitTests() : CommitTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresCommitTests() : CommitTests(TestDatabase.Postgres);
