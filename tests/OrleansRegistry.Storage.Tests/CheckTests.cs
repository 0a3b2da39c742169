using System.Text.Json.Nodes;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Storage.Tests;

/// <summary>What the check finds in rows that real commands stored and something else changed.</summary>
public abstract class CheckTests(Func<Task<TestDatabase>> emptyDatabase) : IAsyncLifetime
{
    /// <summary>What goes wrong, and a part of what is said about it. Version 1 is primary, 2 inactive, 3 deleted.</summary>
    private static readonly Dictionary<string, (string Row, Action<JsonNode> Change, string Problem)> Disagreements = new()
    {
        ["next ordinal"] = ("model", row => row["next_ordinal"] = 9, "has other versions than 1 to 8"),
        ["latest version"] = ("model", row => row["latest_version"] = "9.0.0", "is its highest number; it is 0.3.0"),
        ["version count"] = ("model", row => row["version_count"] = 9, "counts 9 versions; there are 2"),
        ["active state"] = ("version-1", row => row["state"] = "draft", "but its events say"),
        ["active stage"] = ("version-1", row => row["stage"] = "draft", "knows version 1 otherwise"),
        ["active table"] = ("model", row => row["active"] = new JsonArray(), "does not know version 1"),
        ["routes to inactive"] = ("version-1", row => row["state"] = "inactive", "routes to version 1, which is not active"),
        ["primary"] = ("model", row => row["primary"]!["ordinal"] = 2, "has version 2 as primary, which is not routable"),
        ["no primary"] = ("model", row => row["primary"] = null, "has another primary than its events say"),
        ["open meter"] = ("version-2", row => row["meter"]!["running_since"] = "2026-03-01T12:00:00.000Z", "is not routable, but its meter runs"),
        ["closed meter"] = ("version-1", row => row["meter"]!["running_since"] = null, "is routable, but its meter stands still"),
        ["metered time"] = ("version-2", row => row["meter"]!["published_milliseconds"] = 4711000, "but its events say"),
        ["revived"] = ("version-3", row => row["state"] = "inactive", "but its events say"),
        ["number"] = ("version-1", row => row["version"] = "first", "has the number first, which is none"),
        ["duplicate number"] = ("version-1", row => row["version"] = "0.2.9", "knows version 1 otherwise"),
        ["model name"] = ("version-2", row => row["model_name"] = "Another model", "names its model Another model"),
        ["deleted model"] = ("model", row => row["deleted_at"] = "2026-03-01T12:00:00.000Z", "is deleted, but its events don't say so"),
        ["name"] = ("model", row => row["name"] = "Another model", "is not the one that the name Another model leads to"),
        ["other model"] = ("version-2", row => row["model_id"] = "0000000000", "holds the state of another"),
        ["other workspace"] = ("model", row => row["workspace"] = "other", "holds the state of another"),
        ["shape of a model"] = ("model", row => row.AsObject().Remove("active"), "is not readable"),
        ["shape of a version"] = ("version-3", row => row["state"] = 3, "is not readable"),
        ["shape of a name"] = ("name", row => row.AsObject().Remove("model_id"), "is not readable"),
    };

    private TestDatabase? _database;
    private TestSilo? _silo;
    private string _id = "";

    public static TheoryData<string> Cases => [.. Disagreements.Keys];

    private StorageOptions Options => _database!.Options;

    public async ValueTask InitializeAsync()
    {
        _database = await emptyDatabase();
        _silo = await TestSilo.Start(Options);
        _id = await Deploy("A model");
        await Deploy("A model");
        await Deploy("A model");
        await Deploy("Another model");
        var model = _silo.Model(_id);
        await model.Promote(new PromoteCommand { Context = _silo.Command(), Ordinal = 1 });
        await model.Deactivate(new RetireCommand { Context = _silo.Command(), Ordinal = 2 });
        await model.Delete(new RetireCommand { Context = _silo.Command(), Ordinal = 3 });
    }

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nothing_is_found_in_what_commands_stored()
    {
        Assert.Empty(await Check());
        await _silo!.Model(_id).DeleteModel(new DeleteModelCommand { Context = _silo.Command() });
        await Deploy("A model");
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
        string[] keys = [Key("model"), Key("version-1"), Key("version-2"), Key("version-3"), Key("name")];
        foreach (var key in keys)
        {
            await StoredState.Replace(Options, key, "null");
        }

        Assert.Equal(keys.Order(StringComparer.Ordinal), (await Check()).Select(finding => finding.Subject).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("model", "belongs to no model")]
    [InlineData("version-3", "has other versions than 1 to 3")]
    [InlineData("name", "is not the one that the name A model leads to")]
    public async Task A_row_that_is_missing_is_found(string row, string problem)
    {
        await TestRows.Execute(Options, $"delete from registry_state where key = '{Key(row)}'");
        Assert.Contains(await Check(), finding => finding.Problem.Contains(problem, StringComparison.Ordinal));
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
        await TestRows.Execute(Options, $"delete from registry_event where type = '{type}'");
        Assert.NotEmpty(await Check());
    }

    [Theory]
    [InlineData("data = '{}'", "can't be played")]
    [InlineData("data = '[]'", "can't be played")]
    [InlineData("version_id = null", "can't be played")]
    [InlineData("at = 'never'", "is not readable")]
    public async Task An_event_that_says_nothing_is_found_and_the_check_goes_on(string change, string problem)
    {
        await TestRows.Execute(Options, $"update registry_event set {change} where type in ('{EventType.VersionDeployed}', '{EventType.VersionDeleted}') and model_id = '{_id}'");
        await StoredState.Replace(Options, Key("name"), "null");

        var findings = await Check();
        Assert.Contains(findings, finding => finding.Problem.Contains(problem, StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Subject == Key("name"));
    }

    private Task<System.Collections.Immutable.ImmutableArray<Finding>> Check() => RegistryCheck.Run(Options, default);

    private string Key(string row) => row switch
    {
        "model" => $"model/default/{_id}",
        "name" => "name/default/A model",
        _ => $"version/default/{_id}{row["version".Length..]}",
    };

    private async Task<string> Deploy(string name)
    {
        var id = await _silo!.Name(name).Claim(not: null) is var claimed && (await _silo.Catalog.FindModel("default", claimed, default))?.DeletedAt is not null
            ? await _silo.Name(name).Claim(not: claimed)
            : claimed;
        // Time that is metered.
        _silo.Clock.Move(TimeSpan.FromSeconds(1));
        Assert.Null((await _silo.Model(id).Deploy(new DeployCommand { Context = _silo.Command(), ModelName = name, Publish = true })).Error);
        return id;
    }
}

public sealed class SqliteCheckTests() : CheckTests(() => Task.FromResult(TestDatabase.Sqlite()));

public sealed class PostgresCheckTests() : CheckTests(TestDatabase.Postgres);
