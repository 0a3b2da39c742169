using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>A row that can't be read touches only its model: lists go on without it, and whoever needs it is told.</summary>
public abstract class CorruptRowTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private const string Bad = "bbbbbbbbbb";
    private const string BadModel = $"model/default/{Bad}";
    private const string BadVersion = $"version/default/{Bad}-2";

    private static readonly string[] Ids = ["aaaaaaaaaa", Bad, "cccccccccc", "dddddddddd"];

    public static TheoryData<string> Payloads => ["null", "'null'", "'{}'", "'[]'", "'\"text\"'", "'17'", "'{\"name\":{},\"version\":[],\"state\":1,\"labels\":2}'"];

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_model_row_that_cannot_be_read_is_left_out_of_every_page_and_named_by_its_look_up(string payload)
    {
        await Store();
        await StoredState.Replace(Options, BadModel, payload);

        foreach (var order in Enum.GetValues<ModelOrder>())
        {
            Assert.Equal(Ids.Except([Bad]), (await Pages(order)).Order());
        }

        Assert.Contains(Bad, (await Assert.ThrowsAsync<StateCorruptException>(() => Catalog.FindModel("default", Bad, default))).Message, StringComparison.Ordinal);
        Assert.NotNull(await Catalog.FindModel("default", Ids[0], default));
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_version_row_that_cannot_be_read_is_left_out_of_every_page_and_named_by_its_look_up(string payload)
    {
        await Store();
        await StoredState.Replace(Options, BadVersion, payload);

        List<string> seen = [];
        int? before = null;
        while (await Catalog.ListVersions("default", Bad, new VersionFilter { Before = before }, 1, default) is [var version])
        {
            seen.Add(version.Version);
            before = VersionId.TryParse(version.Id, out var id) ? id.Ordinal : null;
        }

        Assert.Equal(["0.3.0", "0.1.0"], seen);
        var corrupt = await Assert.ThrowsAsync<StateCorruptException>(() => Catalog.FindVersion("default", new VersionId(Bad, 2), default));
        Assert.Contains($"{Bad}-2", corrupt.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task N3_N4_the_last_number_of_a_line_is_not_told_while_a_number_cannot_be_read(string payload)
    {
        await Store();
        await StoredState.Replace(Options, BadVersion, payload);

        await Assert.ThrowsAsync<StateCorruptException>(() => Catalog.FindLastOfLine("default", Bad, 0, 2, default));
        Assert.Equal("0.2.0", await Catalog.FindLastOfLine("default", Ids[0], 0, 2, default));
    }

    [Fact]
    public async Task E2_no_payload_puts_a_row_into_another_workspace_or_model()
    {
        await Store();
        await StoredState.Edit(Options, BadVersion, version => version["workspace"] = "other");
        await StoredState.Edit(Options, $"version/default/{Bad}-3", version => version["model_id"] = Ids[0]);
        await StoredState.Edit(Options, BadModel, model => model["workspace"] = "other");

        Assert.Empty(await Catalog.ListModels("other", new ModelFilter(), 10, default));
        Assert.Empty(await Catalog.ListVersions("other", Bad, new VersionFilter(), 10, default));
        Assert.Equal(3, (await Catalog.ListVersions("default", Ids[0], new VersionFilter(), 10, default)).Length);
        Assert.Single(await Catalog.ListVersions("default", Bad, new VersionFilter(), 10, default));
        await Assert.ThrowsAsync<StateCorruptException>(() => Catalog.FindModel("default", Bad, default));
        await Assert.ThrowsAsync<StateCorruptException>(() => Catalog.FindVersion("default", new VersionId(Bad, 2), default));
    }

    [Fact]
    public async Task A_row_version_that_is_no_number_of_ours_is_a_corrupt_row()
    {
        await Store();
        // PostgreSQL's column can't hold more than what is read.
        await TestRows.Execute(Options, $"update registry_state set version = {(Options.PostgresConnectionString is null ? "99999999999" : "2147483647")} where key = '{BadModel}'");

        Assert.Equal(Options.PostgresConnectionString is null ? 3 : 4, (await Catalog.ListModels("default", new ModelFilter(), 10, default)).Length);
        if (Options.PostgresConnectionString is not null)
        {
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Write("model", BadModel, int.MaxValue, Rows.Json(Rows.Model(Bad) with { Events = [] })));
        }
    }

    [Theory]
    [InlineData("at", "'never'")]
    [InlineData("type", "''")]
    public async Task An_event_that_cannot_be_read_does_not_stop_its_followers(string column, string literal)
    {
        await Store();
        await Catalog.ListEvents("default", new EventFilter(), 1, default);
        await TestRows.Execute(Options, $"update registry_event set {column} = {literal} where position = 2");

        var first = await Catalog.ListEvents("default", new EventFilter(), 2, default);
        var next = await Catalog.ListEvents("default", new EventFilter { After = long.Parse(first[^1].Id, System.Globalization.CultureInfo.InvariantCulture) }, 2, default);

        Assert.Equal(column == "at" ? ["1", "3", "4"] : ["1", "2", "3", "4"], first.Concat(next).Select(happened => happened.Id));
    }

    private async Task<List<string>> Pages(ModelOrder order)
    {
        List<string> seen = [];
        ModelCursor? after = null;
        while (await Catalog.ListModels("default", new ModelFilter { Order = order, After = after }, 1, default) is [var model])
        {
            seen.Add(model.Id);
            after = new ModelCursor(model.Name, model.CreatedAt, model.Id);
        }

        return seen;
    }

    private async Task Store()
    {
        foreach (var id in Ids)
        {
            await Write("model", $"model/default/{id}", null, Rows.Json(Rows.Model(id, $"Model {id}") with
            {
                VersionWrites = [.. Enumerable.Range(1, 3).Select(ordinal => Rows.Write(Rows.Version(ordinal, $"0.{ordinal}.0", id, $"Model {id}")))],
                Events = [Rows.Event(EventType.ModelCreated)],
            }));
        }
    }
}

public sealed class SqliteCorruptRowTests() : CorruptRowTests(() => Task.FromResult(TestDatabase.Sqlite()))
{
    [Theory]
    [InlineData("''")]
    [InlineData("'{\"workspace\":\"default\",\"id\":\"bbbb'")]
    [InlineData("x'ff00fe'")]
    [InlineData("x''")]
    [InlineData("17")]
    public async Task A_payload_that_is_no_JSON_is_a_corrupt_row(string payload)
    {
        await A_model_row_that_cannot_be_read_is_left_out_of_every_page_and_named_by_its_look_up(payload);
        await StoredState.Replace(Options, "version/default/bbbbbbbbbb-2", payload);
        await Assert.ThrowsAsync<StateCorruptException>(() => Catalog.FindLastOfLine("default", "bbbbbbbbbb", 0, 2, default));
    }
}

[Trait("Database", "PostgreSQL")]
public sealed class PostgresCorruptRowTests() : CorruptRowTests(TestDatabase.Postgres)
{
    [Theory]
    [InlineData("ordinal")]
    [InlineData("primary")]
    public async Task A_number_that_fits_no_column_can_be_stored_and_is_a_corrupt_row(string member)
    {
        await Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with { Events = [] }));
        await StoredState.Edit(Options, $"model/default/{Rows.ModelId}", model =>
        {
            model["ordinal"] = 99999999999;
            model["primary"]!["ordinal"] = member == "primary" ? 99999999999 : 1.5;
        });

        Assert.Empty(await Catalog.ListModels("default", new ModelFilter(), 10, default));
    }
}
