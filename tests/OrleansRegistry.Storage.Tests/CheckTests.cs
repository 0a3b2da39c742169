using System.Text.Json.Nodes;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What the check finds in rows that real commands stored and something else changed.</summary>
public abstract class CheckTests(SiloFixture fixture) : IAsyncLifetime
{
    /// <summary>What goes wrong, and a part of what is said about it. Version 1 is primary, 2 inactive, 3 deleted.</summary>
    private static readonly Dictionary<string, (string Row, Action<JsonNode> Change, string Problem)> Disagreements = new()
    {
        ["next ordinal"] = ("model", row => row["next_ordinal"] = 9, "has other versions than 1 to 8"),
        ["latest version"] = ("model", row => row["latest_version"] = "9.0.0", "is its highest number; it is 0.3.0"),
        ["version count"] = ("model", row => row["version_count"] = 9, "counts 9 versions; there are 2"),
        ["active state"] = ("version-1", row => row["state"] = "draft", "but its events say"),
        ["active stage"] = ("version-1", row => row["stage"] = "draft", "disagrees with the row of version 1"),
        ["active table"] = ("model", row => row["active"] = new JsonArray(), "does not know version 1"),
        ["routes to inactive"] = ("version-1", row => row["state"] = "inactive", "routes to version 1, which is not active"),
        ["primary"] = ("model", row => row["primary"]!["ordinal"] = 3, "has version 3 as primary, which is not active"),
        ["no primary"] = ("model", row => row["primary"] = null, "has another primary than its events say"),
        ["alias of a deleted version"] = ("model", row => row["aliases"]![0]!["target"]!["ordinal"] = 3, "has alias @staging on version 3, which is deleted"),
        ["alias without its moves"] = ("model", row => row.AsObject().Remove("aliases"), "has alias @staging elsewhere than its events say"),
        ["alias with a number to come"] = ("model", row => row["aliases"]![0]!["order"] = 99, "with order number 99; it has drawn"),
        ["open meter"] = ("version-2", row => row["meter"]!["running_since"] = "2026-03-01T12:00:00.000Z", "is not up, but its meter runs"),
        ["closed meter"] = ("version-1", row => row["meter"]!["running_since"] = null, "is up, but its meter stands still"),
        ["metered time"] = ("version-2", row => row["meter"]!["published_milliseconds"] = 4711000, "but its events say"),
        ["revived"] = ("version-3", row => row["state"] = "inactive", "but its events say"),
        ["number"] = ("version-1", row => row["version"] = "first", "has the number first, which is none"),
        ["duplicate number"] = ("version-1", row => row["version"] = "0.2.9", "disagrees with the row of version 1"),
        ["model name"] = ("version-2", row => row["model_name"] = "Another model", "names its model Another model"),
        ["deleted model"] = ("model", row => row["deleted_at"] = "2026-03-01T12:00:00.000Z", "is deleted, but its events don't say so"),
        ["name"] = ("model", row => row["name"] = "Another model", "is not the one that the name Another model leads to"),
        ["name as another runtime stored it"] = ("model", row => row["name"] = "e\u0301", "has a name that is not in normalization form C"),
        ["other model"] = ("version-2", row => row["model_id"] = "0000000000", "holds the state of another"),
        ["other workspace"] = ("model", row => row["workspace"] = "other", "holds the state of another"),
        ["shape of a model"] = ("model", row => row.AsObject().Remove("active"), "is not readable"),
        ["shape of a version"] = ("version-3", row => row["state"] = 3, "is not readable"),
        ["shape of traffic"] = ("traffic", row => row["calls"] = "many", "is not readable"),
        ["shape of a name"] = ("name", row => row.AsObject().Remove("model_id"), "is not readable"),
    };

    private readonly string _name = $"A model {Guid.NewGuid()}";
    private string _id = "";

    public static TheoryData<string> Cases => [.. Disagreements.Keys];

    private TestSilo Silo => fixture.Silo;

    private StorageOptions Options => fixture.Options;

    public async ValueTask InitializeAsync()
    {
        _id = await Deploy(_name);
        await Deploy(_name);
        await Deploy(_name);
        await Deploy("Another model");
        await TestRows.Execute(
            Options,
            $$"""
            insert into registry_state (key, kind, version, payload, modified_on)
            values ('{{Key("traffic")}}', 'traffic', 1, '{"calls":1,"errors":0}', '2026-03-01T12:00:00.000Z')
            """);
        await Silo.Model(_id).Promote(new PromoteCommand { Context = Silo.Command(), Ordinal = 1 });
        await Silo.Model(_id).SetAlias(new SetAliasCommand { Context = Silo.Command(), Name = "staging", Version = "0.1.0" });
        await Silo.Model(_id).Deactivate(new DeactivateCommand { Context = Silo.Command(), Ordinal = 2 });
        await Silo.Model(_id).Delete(new DeleteCommand { Context = Silo.Command(), Ordinal = 3 });
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Nothing_is_found_in_what_commands_stored()
    {
        Assert.Empty(await Check());
        await Silo.Model(_id).DeleteModel(new DeleteModelCommand { Context = Silo.Command() });
        await Deploy(_name);
        Assert.Empty(await Check());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_disagreement_is_found_and_named(string name)
    {
        var (row, change, problem) = Disagreements[name];
        await StoredState.Edit(Options, Key(row), change);
        Assert.Contains(await Check(), finding => finding.ToString().Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_row_that_is_empty_is_found()
    {
        string[] keys = [Key("model"), Key("version-1"), Key("version-2"), Key("version-3"), Key("name"), Key("traffic")];
        foreach (var key in keys)
        {
            await StoredState.Replace(Options, key, "null");
        }

        Assert.Equal(keys.Order(StringComparer.Ordinal), (await Check()).Select(finding => finding.Subject).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("model", "belongs to no model")]
    [InlineData("version-3", "has other versions than 1 to 3")]
    [InlineData("name", "is not the one that the name")]
    public async Task A_row_that_is_missing_is_found(string row, string problem)
    {
        await TestRows.Execute(Options, $"delete from registry_state where key = '{Key(row)}'");
        Assert.Contains(await Check(), finding => finding.Problem.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("delete from registry_usage where model_id = '{0}'", "its meter says")]
    [InlineData("update registry_usage set ended_at = ended_at + 1 where model_id = '{0}'", "its meter says")]
    [InlineData("insert into registry_usage (workspace, model_id, ordinal, stage, started_at, ended_at) select workspace, model_id, ordinal, stage, started_at + 1, ended_at from registry_usage where model_id = '{0}'", "is billed twice")]
    public async Task B4_usage_that_is_not_what_meters_say_is_found(string change, string problem)
    {
        await TestRows.Execute(Options, string.Format(System.Globalization.CultureInfo.InvariantCulture, change, _id));
        Assert.Contains(await Check(), finding => finding.Problem.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rates_statements_and_webhooks_that_can_not_be_read_are_found()
    {
        string[] keys = [$"rates/{_id}/all", $"billing/{_id}/2026-03", $"webhook/{_id}/5x7m2qk9pd"];
        foreach (var key in keys)
        {
            var isSqlite = Options.PostgresConnectionString is null;
            await TestRows.Execute(
                Options,
                $"insert into registry_state (key, kind, version, payload{(isSqlite ? ", modified_on" : "")}) values ('{key}', '{key[..key.IndexOf('/', StringComparison.Ordinal)]}', 1, '{{}}'{(isSqlite ? ", ''" : "")})");
        }

        Assert.Equal(keys.Order(StringComparer.Ordinal), (await Check()).Select(finding => finding.Subject).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(EventType.VersionDeployed)]
    [InlineData(EventType.VersionPublished)]
    [InlineData(EventType.PrimaryChanged)]
    [InlineData(EventType.VersionDeactivated)]
    [InlineData(EventType.VersionDeleted)]
    [InlineData(EventType.UsageRecorded)]
    public async Task An_event_that_is_missing_is_found(string type)
    {
        await TestRows.Execute(Options, $"delete from registry_event where type = '{type}' and model_id = '{_id}'");
        Assert.NotEmpty(await Check());
    }

    [Fact]
    public async Task Events_that_were_removed_because_of_their_age_are_not_missed()
    {
        await TestRows.Execute(
            Options, $"insert into registry_pruned select distinct workspace, model_id, 1 from registry_event where model_id = '{_id}'");
        await TestRows.Execute(Options, $"delete from registry_event where type = 'version.deployed' and model_id = '{_id}'");

        Assert.Empty(await Check());
    }

    [Theory]
    [InlineData("data = '{}'", "can't be played")]
    [InlineData("data = '[]'", "can't be played")]
    [InlineData("version_id = null", "can't be played")]
    [InlineData("at = 'never'", "can't be read")]
    public async Task An_event_that_says_nothing_is_found_and_the_check_goes_on(string change, string problem)
    {
        await TestRows.Execute(Options, $"update registry_event set {change} where type in ('{EventType.VersionDeployed}', '{EventType.VersionDeleted}') and model_id = '{_id}'");
        await StoredState.Replace(Options, Key("name"), "null");

        var findings = await Check();
        Assert.Contains(findings, finding => finding.Problem.Contains(problem, StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Subject == Key("name"));
    }

    /// <summary>What is found about this test's own model.</summary>
    private async Task<IEnumerable<Finding>> Check() => (await RegistryCheck.Run(Options, default)).Where(finding =>
        finding.ToString().Contains(_id, StringComparison.Ordinal) || finding.ToString().Contains(_name, StringComparison.Ordinal));

    private string Key(string row) => row switch
    {
        "model" => $"model/default/{_id}",
        "name" => $"name/default/{_name}",
        "traffic" => $"traffic/default/{_id}-1",
        _ => $"version/default/{_id}{row["version".Length..]}",
    };

    private async Task<string> Deploy(string name)
    {
        var id = await Silo.Name(name).Claim(not: null);
        if ((await Silo.Catalog.FindModel("default", id, default))?.DeletedAt is not null)
        {
            id = await Silo.Name(name).Claim(not: id);
        }

        // Time that is metered.
        Silo.Clock.Move(TimeSpan.FromMilliseconds(100));
        Assert.Null((await Silo.Model(id).Deploy(Silo.Deployment(name, deploy => deploy with { Publish = true }))).Error);
        return id;
    }
}

public sealed class SqliteCheckTests(SqliteSilo silo) : CheckTests(silo), IClassFixture<SqliteSilo>;

[Trait("Database", "PostgreSQL")]
public sealed class PostgresCheckTests(PostgresSilo silo) : CheckTests(silo), IClassFixture<PostgresSilo>;
