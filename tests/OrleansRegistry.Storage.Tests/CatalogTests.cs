using System.Collections.Immutable;
using System.Data.Common;
using OrleansRegistry.Models;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Lists, look-ups and history over the stored rows.</summary>
public abstract class CatalogTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private static readonly string[] Names = ["Ähre", "alpha", "Alpine", "beta", "日本", "ALPHABET", "𝛼", "a%b_c"];

    [Fact]
    public async Task Models_are_listed_by_name_page_by_page_each_once()
    {
        await StoreModels();
        var expected = Names.Order(StringComparer.Ordinal).Where(name => name != "𝛼").Append("𝛼").ToArray();

        List<string> seen = [];
        ModelCursor? after = null;
        while (true)
        {
            var page = await Catalog.ListModels("default", new ModelFilter { After = after }, 3, default);
            if (page.IsEmpty)
            {
                break;
            }

            seen.AddRange(page.Select(model => model.Name));
            after = new ModelCursor(page[^1].Name, page[^1].CreatedAt, page[^1].Id);
        }

        Assert.Equal(expected, seen);
    }

    [Theory]
    [InlineData("ALPH", "ALPHABET", "alpha")]
    [InlineData("ä", "Ähre")]
    [InlineData("日", "日本")]
    [InlineData("a%", "a%b_c")]
    [InlineData("a_")]
    public async Task A_prefix_finds_names_in_any_case(string prefix, params string[] names)
    {
        await StoreModels();
        var found = await Catalog.ListModels("default", new ModelFilter { NamePrefix = prefix }, 10, default);
        Assert.Equal(names, found.Select(model => model.Name));
    }

    [Theory]
    [InlineData("PHAB", "ALPHABET")]
    [InlineData("lph", "ALPHABET", "alpha")]
    [InlineData("ähr", "Ähre")]
    [InlineData("%b_", "a%b_c")]
    [InlineData("lpx")]
    [InlineData("\"lp")]
    [InlineData("ab")]
    [InlineData("AL", "ALPHABET", "Alpine", "alpha")]
    public async Task A_part_of_three_characters_finds_names_in_any_case_and_a_shorter_one_their_beginning(string part, params string[] names)
    {
        await StoreModels();
        var found = await Catalog.ListModels("default", new ModelFilter { NamePart = part }, 10, default);
        Assert.Equal(names, found.Select(model => model.Name));
        Assert.Empty(await Catalog.ListModels("other", new ModelFilter { NamePart = part }, 10, default));
        var newest = await Catalog.ListModels("default", new ModelFilter { NamePart = part, Order = ModelOrder.NewestFirst }, 10, default);
        Assert.Equal(names.OrderByDescending(name => Array.IndexOf(Names, name)), newest.Select(model => model.Name));
    }

    [Fact]
    public async Task A_deleted_model_is_found_neither_by_a_part_of_its_name_nor_by_a_label()
    {
        await StoreVersions("0.1.0");
        Assert.Single(await Catalog.ListModels("default", new ModelFilter { NamePart = "model" }, 10, default));
        Assert.Single(await Catalog.ListModels("default", new ModelFilter { LabelTexts = ["team:vision"] }, 10, default));

        await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with { DeletedAt = Rows.Noon, Active = [], Primary = null, Events = [] }));

        Assert.Empty(await Catalog.ListModels("default", new ModelFilter { NamePart = "model" }, 10, default));
        Assert.Empty(await Catalog.ListModels("default", new ModelFilter { LabelTexts = ["team:vision"] }, 10, default));
        Assert.Single(await Catalog.ListVersions(
            "default", Rows.ModelId, new VersionFilter { State = VersionState.Deleted, LabelTexts = ["team:vision"] }, 10, default));
    }

    [Fact]
    public async Task A_label_that_changes_is_found_as_it_is_now()
    {
        await StoreVersions("0.1.0", "0.2.0");
        var labels = new Dictionary<string, string> { ["team"] = "audio", ["a:b"] = "c", ["a"] = "b:c" };
        await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with
        {
            Labels = labels,
            Events = [],
            VersionWrites = [Rows.Write(Rows.Version(2, "0.2.0") with { Labels = labels }, 1)],
        }));

        Assert.Empty(await Catalog.ListModels("default", new ModelFilter { LabelTexts = ["team:vision"] }, 10, default));
        Assert.Single(await Catalog.ListModels("default", new ModelFilter { LabelTexts = ["team:audio", "a:b:c"] }, 10, default));
        Assert.Single(await Catalog.ListModels("default", new ModelFilter { Labels = [KeyValuePair.Create("a:b", "c")] }, 10, default));
        Assert.Empty(await Catalog.ListModels("default", new ModelFilter { Labels = [KeyValuePair.Create("a:b:c", "")] }, 10, default));
        Assert.Equal(["0.2.0"], (await Versions(new VersionFilter { LabelTexts = ["team:audio"] })).Select(version => version.Version));
        Assert.Equal(["0.1.0"], (await Versions(new VersionFilter { LabelTexts = ["team:vision"] })).Select(version => version.Version));
    }

    [Fact]
    public async Task Models_are_found_by_exact_name_label_and_age()
    {
        await StoreModels();
        var label = ImmutableArray.Create(KeyValuePair.Create("index", "3"), KeyValuePair.Create("team", "vision"));

        Assert.Equal("beta", Assert.Single(await Catalog.ListModels("default", new ModelFilter { Name = "beta" }, 10, default)).Name);
        Assert.Equal("beta", Assert.Single(await Catalog.ListModels("default", new ModelFilter { Labels = label }, 10, default)).Name);
        Assert.Empty(await Catalog.ListModels("other", new ModelFilter(), 10, default));
        Assert.NotNull(await Catalog.FindModelId("default", "beta", default));
        Assert.Null(await Catalog.FindModelId("default", "Beta", default));

        var newest = await Catalog.ListModels("default", new ModelFilter { Order = ModelOrder.NewestFirst }, 2, default);
        var next = await Catalog.ListModels(
            "default",
            new ModelFilter { Order = ModelOrder.NewestFirst, After = new ModelCursor(newest[^1].Name, newest[^1].CreatedAt, newest[^1].Id) },
            2,
            default);
        Assert.Equal(Names.Reverse().Take(4), newest.Concat(next).Select(model => model.Name));
    }

    [Fact]
    public async Task N3_N4_the_last_number_of_a_line_is_that_of_the_highest_minor_and_the_highest_ordinal()
    {
        await StoreVersions("0.9.0", "0.10.0", "1.0.0", "0.10.1-rc.1", "0.10.1", "10.0.0");

        Assert.Equal("0.10.1", await Catalog.FindLastOfLine("default", Rows.ModelId, 0, 10, default));
        Assert.Equal("0.10.1", await Catalog.FindLastOfLine("default", Rows.ModelId, 0, null, default));
        Assert.Equal("0.9.0", await Catalog.FindLastOfLine("default", Rows.ModelId, 0, 9, default));
        Assert.Equal("1.0.0", await Catalog.FindLastOfLine("default", Rows.ModelId, 1, null, default));
        Assert.Null(await Catalog.FindLastOfLine("default", Rows.ModelId, 2, null, default));
    }

    [Fact]
    public async Task L5_versions_of_a_deleted_model_are_deleted_and_still_readable()
    {
        await StoreVersions("0.1.0", "0.2.0");
        await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with { DeletedAt = Rows.Noon, Active = [], Primary = null, Events = [] }));

        Assert.Empty(await Catalog.ListModels("default", new ModelFilter(), 10, default));
        Assert.Null(await Catalog.FindModelId("default", "A model", default));
        Assert.Equal(Rows.Noon, (await Catalog.FindModel("default", Rows.ModelId, default))!.DeletedAt);
        Assert.Empty(await Catalog.ListVersions("default", Rows.ModelId, new VersionFilter(), 10, default));
        var deleted = await Catalog.ListVersions("default", Rows.ModelId, new VersionFilter { State = VersionState.Deleted }, 10, default);
        Assert.Equal(["0.2.0", "0.1.0"], deleted.Select(version => version.Version));
        Assert.All(deleted, version => Assert.Equal((VersionState.Deleted, Rows.Noon), (version.State, version.DeletedAt)));
    }

    [Fact]
    public async Task Versions_are_found_by_number_external_id_label_and_key()
    {
        await StoreVersions("0.1.0", "0.2.0", "0.3.0");

        Assert.Equal($"{Rows.ModelId}-2", (await Catalog.FindVersion("default", Rows.ModelId, "0.2.0", default))!.Id);
        Assert.Equal(["0.2.0"], (await Versions(new VersionFilter { ExternalId = "build-2" })).Select(version => version.Version));
        Assert.Equal(3, (await Versions(new VersionFilter { Labels = [KeyValuePair.Create("team", "vision")] })).Length);
        Assert.Empty(await Versions(new VersionFilter { Labels = [KeyValuePair.Create("team", "audio")] }));
        Assert.Equal(["0.2.0", "0.1.0"], (await Versions(new VersionFilter { Before = 3 })).Select(version => version.Version));
        Assert.Equal("0.3.0", (await Catalog.FindDeployment("default", "A model", "key-3", default))!.Version.Version);
        Assert.Null(await Catalog.FindDeployment("default", "Another model", "key-3", default));
        Assert.Null(await Catalog.FindVersion("other", new VersionId(Rows.ModelId, 1), default));
    }

    [Fact]
    public async Task Versions_are_listed_by_the_precedence_of_their_numbers_and_found_by_the_beginning_of_them()
    {
        string[] ascending =
        [
            "0.9.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-99999999999999999999", "1.0.0-A", "1.0.0-a", "1.0.0-a.b", "1.0.0-a-b",
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-0.3.7",
            "1.0.10", "1.2.0", "2.0.0", "10.0.0", "19.0.0-x", "19.0.0", "19.10.0", "190.0.0", "999999999.0.0",
        ];
        await StoreVersions([.. ascending.OrderBy(number => number.Length)]);
        var byNumber = new VersionFilter { Order = VersionOrder.HighestNumberFirst };

        List<string> seen = [];
        ImmutableArray<VersionView> page;
        do
        {
            page = await Catalog.ListVersions(
                "default", Rows.ModelId, byNumber with { BeforeNumber = seen.LastOrDefault() }, 7, default);
            seen.AddRange(page.Select(version => version.Version));
        }
        while (page.Length == 7);

        Assert.Equal(ascending.Reverse(), seen);
        Assert.Equal(ascending, ascending.OrderBy(number => VersionNumbering.Precedence(VersionNumbering.Parse(number)), StringComparer.Ordinal));
        Assert.Equal(["19.10.0", "19.0.0", "19.0.0-x"], Numbers(await Versions(byNumber with { NumberPrefix = "19." })));
        Assert.Equal(["190.0.0", "19.10.0", "19.0.0"], Numbers(await Versions(byNumber with { NumberPrefix = "19" })).Take(3));
        Assert.Equal(3, (await Versions(new VersionFilter { NumberPrefix = "19." })).Length);
        Assert.Equal(["10.0.0"], Numbers(await Versions(byNumber with { NumberPrefix = "10", LabelTexts = ["team:vision"] })));
        Assert.Empty(await Versions(new VersionFilter { NumberPrefix = "3" }));

        var (above, below) = await Catalog.ListNearest("default", Rows.ModelId, "1.0.0", 2, default);
        Assert.Equal(["1.0.1-0.3.7", "1.0.10"], Numbers(above));
        Assert.Equal(["1.0.0", "1.0.0-rc.1"], Numbers(below));

        static string[] Numbers(ImmutableArray<VersionView> versions) => [.. versions.Select(version => version.Version)];
    }

    [Fact]
    public async Task L3_models_with_a_version_starting_are_found()
    {
        await StoreVersions("0.1.0");
        Assert.Empty(await Catalog.ListStarting(default));
        var version = Rows.Version();
        await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with
        {
            Events = [],
            VersionWrites = [Rows.Write(version with { Serving = version.Serving! with { Status = ServingStatus.Starting } }, 1)],
        }));

        Assert.Equal([new ModelAddress("default", Rows.ModelId)], await Catalog.ListStarting(default));
    }

    [Fact]
    public async Task HV4_models_that_fall_back_are_found_a_page_at_a_time_and_none_that_is_deleted()
    {
        foreach (var (workspace, id, onUnhealthy, deletedAt) in ((string, string, OnUnhealthy, DateTimeOffset?)[])
        [
            ("a", "bbbbbbbbb1", OnUnhealthy.FallBack, null), ("a", "ccccccccc1", OnUnhealthy.Stay, null), ("a", "ddddddddd1", OnUnhealthy.FallBack, Rows.Noon),
            ("b", "aaaaaaaaa1", OnUnhealthy.FallBack, null), ("b", "ccccccccc2", OnUnhealthy.FallBack, null),
        ])
        {
            var model = Rows.Model(id, $"model {id}") with { Workspace = workspace, OnUnhealthy = onUnhealthy, DeletedAt = deletedAt };
            await Write("model", $"model/{workspace}/{id}", null, Rows.Json(model));
        }

        ModelAddress[] first = [new("a", "bbbbbbbbb1"), new("b", "aaaaaaaaa1")];
        Assert.Equal(first, await Catalog.ListFallingBack(after: null, 2, default));
        Assert.Equal([new ModelAddress("b", "ccccccccc2")], await Catalog.ListFallingBack(first[^1], 2, default));
        Assert.Empty(await Catalog.ListFallingBack(new ModelAddress("b", "ccccccccc2"), 2, default));
    }

    [Fact]
    public async Task X11_versions_that_the_registry_runs_are_found()
    {
        await StoreVersions("0.1.0");
        var version = Rows.Version();
        await Write("model", $"model/default/{Rows.ModelId}", 1, Rows.Json(Rows.Model() with
        {
            Events = [],
            VersionWrites =
            [
                Rows.Write(
                    version with
                    {
                        Artifact = new Artifact { Digest = new string('a', 64) },
                        InstanceType = "cpu",
                        Serving = new ServingState { Url = "", Status = ServingStatus.Ready, Attempt = 3, Runtime = new RuntimeState() },
                    },
                    1),
            ],
        }));

        Assert.Equal([new ManagedVersion("default", new VersionId(Rows.ModelId, 1), 3, IsReady: true, "cpu")], await Catalog.ListManaged(default));
    }

    [Fact]
    public async Task An_event_of_a_type_that_only_a_newer_build_knows_is_listed_as_it_is()
    {
        var happened = Rows.Event("version.of_a_newer_build", $"{Rows.ModelId}-1");
        await Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with { Events = [happened] }));

        var read = Assert.Single(await Catalog.ListEvents("default", new EventFilter { ModelId = Rows.ModelId, Types = [happened.Type] }, 10, default));
        Assert.Equal((happened.Type, happened.VersionId, happened.Data), (read.Type, read.VersionId, read.Data.GetRawText().Replace(" ", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_left_out_of_lists_and_named_by_look_ups()
    {
        await StoreModels();
        await StoreVersions("0.1.0");
        await TestRows.Execute(Options, $"update registry_state set payload = replace(cast(payload as text), '\"primary_policy\"', '\"policy\"'){(Options.PostgresConnectionString is null ? "" : "::jsonb")} where kind = 'model' and name = 'beta'");

        Assert.DoesNotContain(await Catalog.ListModels("default", new ModelFilter(), 100, default), model => model.Name == "beta");
        var corrupt = await Assert.ThrowsAsync<StateCorruptException>(
            async () => await Catalog.FindModel("default", (await Catalog.FindModelId("default", "beta", default))!, default));
        Assert.Contains("model", corrupt.Message, StringComparison.Ordinal);
        Assert.Contains(await Check.RegistryCheck.Run(Options, default), finding => finding.Problem.Contains("not readable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_of_models_is_read_from_an_index()
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        foreach (var (query, index) in new[]
        {
            ("select payload from catalog_model where workspace = 'default' and deleted_at is null order by name, model_id limit 50", "registry_model_by_name"),
            ("select payload from catalog_model where workspace = 'default' and deleted_at is null order by created_at desc, model_id desc limit 50", "registry_model_by_age"),
            ("select payload from catalog_version where workspace = 'default' and model_id = 'x' order by ordinal desc limit 50", "registry_version_by_ordinal"),
            ("select number from catalog_version where workspace = 'default' and model_id = 'x' and major = 1 order by minor desc, ordinal desc limit 1", "registry_version_by_line"),
        })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = query;
            Assert.Contains(await Plan(command), line => line.Contains(index, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_is_looked_up_by_its_key_and_lists_of_a_kind_are_read_from_the_primary_key()
    {
        var isSqlite = Options.PostgresConnectionString is null;
        await using var connection = await Database.Writers.OpenConnectionAsync();
        foreach (var (query, condition) in new[]
        {
            (new CatalogQuery("select payload from catalog_model").Where("key = {0}", "model/default/x"), isSqlite ? "(key=? AND kind=?)" : "((key = 'model/default/x'::text) AND (kind = 'model'::text))"),
            (new CatalogQuery("select key from registry_state").OfKind("workspace"), isSqlite ? "(key>? AND key<?)" : "((key > 'workspace/'::text) AND (key < 'workspace0'::text)"),
            (new CatalogQuery("select key from registry_state").OfKind("webhook", "default"), isSqlite ? "(key>? AND key<?)" : "((key > 'webhook/default/'::text) AND (key < 'webhook/default0'::text)"),
        })
        {
            await using var command = query.On(connection);
            Assert.Contains(await Plan(command), line => line.Contains(condition, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_page_of_events_and_a_history_of_primaries_are_read_from_an_index()
    {
        await using var connection = await Database.Writers.OpenConnectionAsync();
        foreach (var (condition, order, index) in new[]
        {
            ("and position > 0", "position", "registry_event_by_workspace"),
            ("and position > 0", "position desc", "registry_event_by_workspace"),
            ("and position > 0 and at >= '2026' and at < '2027'", "at, position", "registry_event_by_time"),
            ("and position > 0 and at < '2027'", "at desc, position desc", "registry_event_by_time"),
            ("and position > 0 and actor = 'key:ci'", "position", "registry_event_by_actor"),
            ("and position > 0 and actor = 'key:ci'", "position desc", "registry_event_by_actor"),
            ("and position > 0 and model_id = 'x'", "position desc", "registry_event_by_model"),
            ("and position > 0 and version_id = 'x-1'", "position desc", "registry_event_by_version"),
            ("and position is not null and model_id = 'x' and type = 'primary.changed'", "at desc, position desc", "registry_event_primary"),
            ("and position is not null and model_id = 'x' and type = 'primary.changed' and at <= '2026'", "at desc, position desc", "registry_event_primary"),
            ("and position is not null and model_id = 'x' and type = 'primary.changed' and at > '2026'", "at, position", "registry_event_primary"),
        })
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"select * from catalog_event where workspace = 'default' {condition} order by {order} limit 50";
            var plan = await Plan(command);
            Assert.Contains(plan, line => line.Contains(index, StringComparison.Ordinal));
            Assert.Contains(plan, line => line.Contains("registry_version_by_ordinal", StringComparison.Ordinal));
            Assert.DoesNotContain(plan, line => line.Contains("TEMP B-TREE", StringComparison.Ordinal) || line.Contains("Sort", StringComparison.Ordinal));
        }
    }

    private async Task<List<string>> Plan(DbCommand command)
    {
        command.CommandText = (Options.PostgresConnectionString is null ? "explain query plan " : "set enable_seqscan = off; explain ") + command.CommandText;
        await using var reader = await command.ExecuteReaderAsync();
        List<string> plan = [];
        while (await reader.ReadAsync())
        {
            plan.Add(reader.GetString(reader.FieldCount - 1));
        }

        return plan;
    }

    private Task<ImmutableArray<VersionView>> Versions(VersionFilter filter) => Catalog.ListVersions("default", Rows.ModelId, filter, 10, default);

    private async Task StoreModels()
    {
        foreach (var (index, name) in Names.Index())
        {
            var id = $"m{index:D9}";
            var labels = new Dictionary<string, string> { ["index"] = $"{index}", ["team"] = "vision" };
            await Write("model", $"model/default/{id}", null, Rows.Json(
                Rows.Model(id, name) with { Labels = labels, CreatedAt = Rows.Noon.AddMinutes(index), Events = [] }));
        }
    }

    private Task<int?> StoreVersions(params string[] numbers) => Write("model", $"model/default/{Rows.ModelId}", null, Rows.Json(Rows.Model() with
    {
        Events = [],
        VersionWrites = [.. numbers.Select((number, index) => Rows.Write(Rows.Version(index + 1, number)))],
    }));
}

public sealed class SqliteCatalogTests() : CatalogTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresCatalogTests() : CatalogTests(TestDatabase.Postgres);
