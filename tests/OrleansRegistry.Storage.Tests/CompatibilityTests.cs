using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansRegistry.Access;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Models;
using OrleansRegistry.State;
using OrleansRegistry.Storage.Schema;
using OrleansRegistry.Testing;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Storage.Tests;

/// <summary>
/// Rows that this build did not write: those of earlier builds, which lack fields, and of the next one, which knows
/// more.
/// </summary>
public sealed class CompatibilityTests
{
    /// <summary>How each kind of row is read, and what its grain writes again.</summary>
    private static readonly Dictionary<string, Func<string, JsonNode>> Rewrites = new()
    {
        [StorageNames.Billing] = Rewrite<StatementState>,
        [StorageNames.ApiKey] = Rewrite<ApiKeyState>,
        [StorageNames.Artifact] = Rewrite<ArtifactState>,
        [StorageNames.Model] = Rewrite<ModelState>,
        [StorageNames.Name] = Rewrite<ModelNameState>,
        [StorageNames.Rates] = Rewrite<RatesState>,
        [StorageNames.Session] = Rewrite<SessionState>,
        [StorageNames.Traffic] = Rewrite<TrafficState>,
        [StorageNames.Version] = Rewrite<ModelVersionState>,
        [StorageNames.Webhook] = Rewrite<WebhookRow>,
        [StorageNames.Workspace] = Rewrite<WorkspaceState>,
    };

    public static TheoryData<string> Foreign => [.. GoldenFiles.Foreign];

    public static TheoryData<string> Kinds => [.. Rewrites.Keys];

    /// <summary>Rows that commands write again.</summary>
    public static TheoryData<string> Own =>
    [
        .. Rewrites.Keys.Except([StorageNames.Billing]).Select(kind => $"{kind}.json"), "version.inactive.json",
    ];

    [Theory]
    [MemberData(nameof(Foreign))]
    public void What_earlier_builds_have_stored_is_read_and_written_again_with_all_that_it_says(string file)
    {
        var row = GoldenFiles.Read(file);
        var written = Rewrites[GoldenFiles.KindOf(file)](row);

        Assert.True(Holds(JsonNode.Parse(row), written), $"It is written again as\n{written}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_more_is_asked_of_a_row_than_its_least_file_has(string kind)
    {
        var least = JsonNode.Parse(GoldenFiles.Read($"Least/{kind}.json"))!;
        var fields = NewerBuild.ObjectsIn(least)
            .SelectMany(part => part.Where(member => member.Value is JsonValue), (part, member) => (part, member.Key, Value: member.Value!))
            .ToList();

        Assert.NotEmpty(fields);
        foreach (var (part, name, value) in fields)
        {
            // One that could be left out would hide it when it can't be any more.
            part.Remove(name);
            Assert.Throws<StateCorruptException>(() => Rewrites[kind](least.ToJsonString()));
            part[name] = value;
        }
    }

    [Theory]
    [MemberData(nameof(Own))]
    public void What_only_a_newer_build_knows_is_written_again_as_it_was(string file)
    {
        var newer = NewerBuild.Extend(GoldenFiles.Read(file), file);

        var written = Rewrites[GoldenFiles.KindOf(file)](newer.ToJsonString());

        Assert.True(JsonNode.DeepEquals(newer, written), $"It is written again as\n{written}");
    }

    [Fact]
    public void B5_a_closed_statement_which_nobody_writes_again_is_read_whatever_it_has_more()
    {
        var row = GoldenFiles.Read("billing.json");

        Assert.Equal(Statement(row), Statement(NewerBuild.Extend(row, "billing").ToJsonString()));

        static StatementView Statement(string row) => new StateSerializer().Deserialize<StatementState>(new BinaryData(row)).Statement;
    }

    [Fact]
    public void What_only_a_newer_build_knows_arrives_at_another_silo()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        foreach (var file in (string[])["version.json", "version.inactive.json"])
        {
            var newer = NewerBuild.Extend(GoldenFiles.Read(file), file);
            var state = StateJson.Read<ModelVersionState>(newer.ToJsonString(), file);

            var arrived = serializer.Deserialize<ModelVersionState>(serializer.SerializeToArray(state));

            Assert.True(JsonNode.DeepEquals(newer, JsonNode.Parse(Rows.Json(arrived))));
            Assert.Equal(WithoutLists(state), WithoutLists(arrived!));
        }
    }

    /// <summary>Without what two records can't have in common; the JSON has it.</summary>
    private static ModelVersionState WithoutLists(ModelVersionState state) => state with
    {
        Labels = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty,
        Serving = state.Serving is { } serving ? serving with { OpenaiPaths = null, Servers = null } : null,
        Entry = state.Entry is { } entry ? entry with { Openai = null } : null,
    };

    [Fact]
    public void A_deleted_webhook_has_nothing_left_that_may_be_a_secret()
    {
        var newer = NewerBuild.Extend(GoldenFiles.Read("webhook.json"), "webhook");

        var deleted = StateJson.Read<WebhookRow>(newer.ToJsonString(), "webhook").Deleted(Rows.Noon);

        Assert.Empty(NewerBuild.PlacesIn(Rows.Json(deleted)));
    }

    [Theory]
    [InlineData("restarting")]
    [InlineData("idle")]
    public void L7_what_the_next_release_sets_is_read_and_written_again(string status)
    {
        var version = JsonNode.Parse(GoldenFiles.Read("version.json"))!;
        var model = JsonNode.Parse(GoldenFiles.Read("model.json"))!;
        version["serving"]!["status"] = status;
        model["active"]![0]!["status"] = status;

        Assert.True(JsonNode.DeepEquals(version, Rewrites[StorageNames.Version](version.ToJsonString())));
        Assert.True(JsonNode.DeepEquals(model, Rewrites[StorageNames.Model](model.ToJsonString())));
    }

    [Fact]
    public void A_webhook_keeps_types_of_events_that_only_a_newer_build_knows()
    {
        var row = JsonNode.Parse(GoldenFiles.Read("webhook.json"))!;
        row["webhook"]!["types"] = new JsonArray("version.of_a_newer_build");

        Assert.True(JsonNode.DeepEquals(row, Rewrites[StorageNames.Webhook](row.ToJsonString())));
    }

    [Fact]
    public void Every_kind_of_row_is_among_these()
    {
        var kinds = typeof(StorageNames).GetFields().Select(field => (string)field.GetValue(null)!).Where(name => name != StorageNames.Registry);

        Assert.Equal(kinds.Order(StringComparer.Ordinal), Rewrites.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Schema_scripts_are_those_that_databases_have_seen()
    {
        var scripts = ((string[])["Postgres", "Sqlite"]).SelectMany(dialect => SchemaScripts.Of(dialect) is var schema
            ? schema.Steps.Select(step => Line(step, dialect)).Append(Line(schema.Repeatable, $"{dialect} repeatable"))
            : []);

        Assert.Equal(GoldenFiles.Read("scripts.txt"), string.Concat(scripts));

        static string Line(SchemaScript script, string name)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(script.Sql)));
            return string.Create(CultureInfo.InvariantCulture, $"{hash} {name} {script.Number}\n");
        }
    }

    private static JsonNode Rewrite<T>(string payload) =>
        JsonNode.Parse(Rows.Json(new StateSerializer().Deserialize<T>(new BinaryData(payload))))!;

    /// <summary>Whether all that is in one is in the other too.</summary>
    private static bool Holds(JsonNode? all, JsonNode? other) => (all, other) switch
    {
        (JsonObject members, JsonObject others) => members.All(member => Holds(member.Value, others[member.Key])),
        (JsonArray items, JsonArray others) => items.Count == others.Count && items.Zip(others).All(pair => Holds(pair.First, pair.Second)),
        _ => JsonNode.DeepEquals(all, other),
    };
}
