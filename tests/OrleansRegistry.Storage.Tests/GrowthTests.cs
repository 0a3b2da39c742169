using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRegistry.Storage.Access;
using OrleansRegistry.Storage.Billing;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Storage.Webhooks;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;
using SQLitePCL;

namespace OrleansRegistry.Storage.Tests;

/// <summary>
/// What the reads of the catalogs cost does not grow with what is stored. Cost is what the database counts, so that it is the same on every
/// machine: steps of SQLite's virtual machine, and pages that PostgreSQL touches.
/// </summary>
public abstract partial class GrowthTests(Func<Task<TestDatabase>> emptyDatabase) : DatabaseTest(emptyDatabase)
{
    private const string Seed = "seed-model";
    private const string SeedId = "seed00seed";
    private const string CrowdedId = "crowd0crow";
    private const int Small = 1200;
    private const int Large = 8 * Small;
    private const int Middle = 100;
    private const double MaxRatio = 1.25;

    private static readonly DateTimeOffset Now = Rows.Noon.AddDays(1);

    /// <summary>What a deeper index may add.</summary>
    private protected abstract long Slack { get; }

    [Fact]
    public async Task No_read_costs_more_when_more_is_stored()
    {
        await StoreSeeds();
        var rows = new GrownRows(SeedId, Seed, CrowdedId);
        await rows.Add(Options, 1, Small, Middle);
        await Prune();
        var small = await Costs();
        await rows.Add(Options, Small + 1, Large, Middle);
        await Prune();
        var large = await Costs();

        var grown = small.Keys
            .Where(read => large[read] > (small[read] * MaxRatio) + Slack)
            .Select(read => $"{read}: {small[read]} became {large[read]}")
            .ToList();
        Assert.True(grown.Count == 0, string.Join("\n", grown));
        Assert.All(small.Values, cost => Assert.NotEqual(0, cost));
    }

    [Fact]
    public async Task What_costs_more_when_more_is_stored_is_found()
    {
        await StoreSeeds();
        var rows = new GrownRows(SeedId, Seed, CrowdedId);
        await rows.Add(Options, 1, Small, Middle);
        var small = await Cost(new CatalogQuery("select count(*) from catalog_model where search_name is null"));
        await rows.Add(Options, Small + 1, Large, Middle);

        Assert.True(await Cost(new CatalogQuery("select count(*) from catalog_model where search_name is null")) > (small * MaxRatio) + Slack);
    }

    [Fact]
    public async Task A_deployment_costs_no_more_when_its_model_has_more_versions()
    {
        await StoreSeeds();
        var rows = new GrownRows(SeedId, Seed, CrowdedId);
        await rows.Add(Options, 1, Small, Middle);
        var small = await Deploy(Small + 1);
        await rows.Add(Options, Small + 1, Large, Middle);
        var large = await Deploy(Large + 1);

        Assert.InRange(large, 1, (small * MaxRatio) + Slack);
    }

    /// <summary>Runs a statement with its parameters, and undoes it; answers what it cost.</summary>
    private protected abstract Task<long> Cost(Asked asked);

    private async Task<long> Cost(CatalogQuery query)
    {
        await using var connection = await Database.Readers.OpenConnectionAsync();
        await using var command = query.On(connection);
        return await Cost(Asked.Of(command));
    }

    /// <summary>What it costs to store a model with one more version, and the event of that.</summary>
    private async Task<long> Deploy(int ordinal)
    {
        var version = Rows.Version(ordinal, $"0.{ordinal}.0", CrowdedId, "crowded-model") with { Idempotency = null };
        var model = Rows.Model(CrowdedId, "crowded-model") with
        {
            Primary = null,
            PendingPrimary = null,
            VersionWrites = [Rows.Write(version)],
            Events = [Rows.Event(EventType.VersionDeployed, $"{CrowdedId}-{ordinal}")],
        };
        var key = $"model/default/{CrowdedId}";
        var revision = await TestRows.Execute(Options, $"select version from registry_state where key = '{key}'");
        return await Cost(new Asked(
            Database.ReplaceRow,
            [("payload", Rows.Json(model)), ("key", key), ("kind", "model"), ("version", Convert.ToInt32(revision, CultureInfo.InvariantCulture))]));
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "It holds nothing of its own.")]
    private async Task<Dictionary<string, long>> Costs()
    {
        var database = new RecordingDatabase(Database);
        Dictionary<string, long> costs = [];
        foreach (var (name, read) in Reads(database))
        {
            var cost = 0L;
            foreach (var asked in await database.Record(read))
            {
                cost += asked.Text == database.NumberEvents ? 0 : await Cost(asked);
            }

            costs.Add(name, cost);
        }

        return costs;
    }

    /// <summary>
    /// Every read of the catalogs, but for those that are about all there is by their nature: counts for quotas, which are made beside
    /// deployments; usage; what is checked; and what workers look for.
    /// </summary>
    private static IEnumerable<(string Name, Func<Task> Read)> Reads(RegistryDatabase database)
    {
        var catalog = new RegistryCatalog(database, NullLogger<RegistryCatalog>.Instance);
        var billing = new BillingCatalog(database);
        var access = new AccessCatalog(database, NullLogger<AccessCatalog>.Instance);
        var webhooks = new WebhookCatalog(database, NullLogger<WebhookCatalog>.Instance);
        var id = GrownRows.IdOf(Middle + 7);
        var version = new VersionId(id, 2);
        yield return ("model by id", () => catalog.FindModel("default", id, default));
        yield return ("model that is not there", () => catalog.FindModel("default", "nobody0000", default));
        yield return ("model by name", () => catalog.FindModelId("default", $"{Seed}-{Middle + 7}", default));
        yield return ("version by id", () => catalog.FindVersion("default", version, default));
        yield return ("version by number", () => catalog.FindVersion("default", CrowdedId, "0.77.0", default));
        yield return ("deployment by its key", () => catalog.FindDeployment("default", $"{Seed}-{Middle + 7}", "key-1", default));
        yield return ("last of a line", () => catalog.FindLastOfLine("default", CrowdedId, 0, 77, default));
        yield return ("last of a major line", () => catalog.FindLastOfLine("default", CrowdedId, 0, null, default));
        yield return ("nearest numbers", () => catalog.ListNearest("default", CrowdedId, "0.77.0", 11, default));
        foreach (var order in Enum.GetValues<ModelOrder>())
        {
            var after = new ModelCursor($"{Seed}-{Middle + 7}", Rows.Noon, id);
            foreach (var (what, filter) in new (string, ModelFilter)[]
            {
                ("all", new ModelFilter()),
                ("all, second page", new ModelFilter { After = after }),
                ("part that one has", new ModelFilter { NamePart = "q-needl" }),
                ("part that all have", new ModelFilter { NamePart = "EED-M" }),
                ("part that none has", new ModelFilter { NamePart = "nowhere" }),
                ("prefix of two", new ModelFilter { NamePart = "se" }),
                ("prefix that one has", new ModelFilter { NamePrefix = "xq" }),
                ("label that one has", new ModelFilter { LabelTexts = [$"tier:{Seed}-{Middle}"] }),
                ("label that all have", new ModelFilter { Labels = [KeyValuePair.Create("team", "vision")] }),
                ("label that all have, second page", new ModelFilter { LabelTexts = ["team:vision"], After = after }),
                ("both labels", new ModelFilter { LabelTexts = ["team:vision", $"tier:{Seed}-{Middle}"] }),
                ("label and part", new ModelFilter { LabelTexts = [$"tier:{Seed}-{Middle}"], NamePart = "needle" }),
            })
            {
                yield return ($"models by {order}: {what}", () => catalog.ListModels("default", filter with { Order = order }, 51, default));
            }
        }

        foreach (var order in Enum.GetValues<VersionOrder>())
        {
            foreach (var (what, filter) in new (string, VersionFilter)[]
            {
                ("all", new VersionFilter()),
                ("all, second page", new VersionFilter { Before = 200, BeforeNumber = "0.200.0" }),
                ("number", new VersionFilter { NumberPrefix = "0.77." }),
                ("label that one has", new VersionFilter { LabelTexts = ["build:b77"] }),
                ("label that all have", new VersionFilter { LabelTexts = ["team:vision"] }),
                ("external id", new VersionFilter { ExternalId = "build-77" }),
            })
            {
                yield return ($"versions by {order}: {what}", () => catalog.ListVersions("default", CrowdedId, filter with { Order = order }, 51, default));
            }
        }

        foreach (var state in Enum.GetValues<VersionState>())
        {
            yield return ($"versions: {state}", () => catalog.ListVersions("default", CrowdedId, new VersionFilter { State = state }, 51, default));
        }

        yield return ("events", () => catalog.ListEvents("default", new EventFilter(), 51, default));
        yield return ("events, further", () => catalog.ListEvents("default", new EventFilter { After = 200 }, 51, default));
        yield return ("events of a type that is rare", () => catalog.ListEvents("default", new EventFilter { Types = [EventType.ModelUpdated] }, 51, default));
        yield return ("events of all workspaces", () => catalog.ListEvents(200, 51, default));
        yield return ("events of a model", () => catalog.ListEvents("default", new EventFilter { ModelId = id }, 51, default));
        yield return ("events of a crowded model", () => catalog.ListEvents("default", new EventFilter { ModelId = CrowdedId }, 51, default));
        yield return ("events of a version", () => catalog.ListEvents("default", new EventFilter { VersionId = $"{version}" }, 51, default));
        yield return ("event range", () => catalog.FindEventRange("default", null, default));
        yield return ("last position", () => catalog.FindLastPosition(default));
        yield return ("starting", () => catalog.ListStarting(default));
        yield return ("models that fall back", () => catalog.ListFallingBack(after: null, 51, default));
        yield return ("run by the registry", () => catalog.ListManaged(default));
        yield return ("usage of a version", () => billing.FindUsage("default", version, Now, default));
        yield return ("first usage", () => billing.FindFirstUsage("default", default));
        yield return ("months that are closed", () => billing.ListClosed("default", default));
        yield return ("workspaces with rates", () => billing.ListRated(default));
        yield return ("keys", () => access.ListKeys("default", null, 51, default));
        yield return ("count of keys", () => access.CountKeys("default", Now, default));
        yield return ("key", () => access.FindKey("0123abcd", default));
        yield return ("any key", () => access.HasKeys(default));
        yield return ("workspaces", () => access.ListWorkspaces(null, 51, default));
        yield return ("webhooks", () => webhooks.List("default", default));
        yield return ("enabled webhooks", () => webhooks.ListEnabled(default));
    }

    /// <summary>As if the first event of each model had been removed.</summary>
    private async Task Prune() => await TestRows.Execute(
        Options,
        """
        insert into registry_pruned (workspace, model_id, removed_to)
            select workspace, model_id, 1 from registry_state where kind = 'model' on conflict do nothing
        """);

    private async Task StoreSeeds()
    {
        foreach (var (id, name) in ((string, string)[])[(SeedId, Seed), (CrowdedId, "crowded-model")])
        {
            var versions = Enumerable.Range(1, 2).Select(ordinal => Rows.Version(ordinal, $"0.{ordinal}.0", id, name) with
            {
                State = VersionState.Inactive,
                Serving = null,
                Meter = new Meter { RunningSince = Rows.Noon },
            });
            Assert.Equal(1, await Write("name", $"name/default/{name}", null, $$"""{"model_id":"{{id}}"}"""));
            Assert.Equal(1, await Write("model", $"model/default/{id}", null, Rows.Json(Rows.Model(id, name) with
            {
                Active = [],
                Primary = null,
                PendingPrimary = null,
                VersionWrites = [.. versions.Select(version => Rows.Write(version))],
                Events = [.. Enumerable.Range(1, 2).Select(ordinal => Rows.Event(EventType.VersionDeployed, $"{id}-{ordinal}"))],
            })));
        }
    }
}

public sealed partial class SqliteGrowthTests() : GrowthTests(() => Task.FromResult(TestDatabase.Sqlite()))
{
    private const int VmStep = 4;

    private protected override long Slack => 100;

    private protected override async Task<long> Cost(Asked asked)
    {
        await using var connection = new SqliteConnection(Database.Writers.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_prepare_v2(connection.Handle, asked.Text, out var statement));
        using (statement)
        {
            foreach (var (name, value) in asked.Values)
            {
                var place = raw.sqlite3_bind_parameter_index(statement, "@" + name);
                _ = place == 0 ? 0
                    : value is string text ? raw.sqlite3_bind_text(statement, place, text)
                    : raw.sqlite3_bind_int64(statement, place, Convert.ToInt64(value, CultureInfo.InvariantCulture));
            }

            var result = raw.SQLITE_ROW;
            while (result == raw.SQLITE_ROW)
            {
                result = raw.sqlite3_step(statement);
            }

            Assert.Equal(raw.SQLITE_DONE, result);
            return raw.sqlite3_stmt_status(statement, VmStep, 0);
        }
    }
}

[Trait("Database", "PostgreSQL")]
public sealed partial class PostgresGrowthTests() : GrowthTests(TestDatabase.Postgres)
{
    // A lookup in a deeper index touches a page more, and a page of a list has 51 with two lookups each.
    private protected override long Slack => 110;

    private protected override async Task<long> Cost(Asked asked)
    {
        await using var connection = new NpgsqlConnection(Options.PostgresConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "explain (analyze, buffers, format json) " + asked.Text;
        command.AddParameters(asked.Values);

        var plan = JsonElement.Parse((string)(await command.ExecuteScalarAsync())!)[0].GetProperty("Plan");
        return plan.GetProperty("Shared Hit Blocks").GetInt64() + plan.GetProperty("Shared Read Blocks").GetInt64();
    }
}
