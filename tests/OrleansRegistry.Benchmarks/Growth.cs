using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What reads and deployments cost at very many models, four times as many versions and one model with as many more, as a ratio to 10³ models and
/// a model with 10³. Two nodes answer in turns, so that whatever else the machine does hits both. On SQLite, and on the PostgreSQL server that
/// REGISTRY_TEST_POSTGRES names. The rows are made from those of two models; the filled databases are kept for the next run.
/// </summary>
internal static class Growth
{
    /// <summary>How many models are very many, if nobody says so.</summary>
    public const int Large = 100_000;

    private const int Small = 1_000;
    private const int Part = 100_000;
    private const int Rounds = 7;
    private const int RequestsPerRound = 15;
    private const int WarmRequests = 150;
    private const double Bound = 1.25;
    private const double MaxUsage = 2000;
    private const string Seed = "seed-model";
    private const string Crowded = "crowded-model";

    private static readonly string Cache = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "orleans-registry-growth");

    /// <summary>Fills what is missing, measures and prints.</summary>
    /// <param name="size">How many models are very many. Above the usual number only what searches and sorts is compared.</param>
    public static async Task Run(int size)
    {
        await Compare("SQLite", size, Sqlite);
        if (Environment.GetEnvironmentVariable("REGISTRY_TEST_POSTGRES") is { Length: > 0 } server)
        {
            await Compare("PostgreSQL", size, models => Postgres(server, models));
        }
    }

    private static async Task Compare(string name, int size, Func<int, Task<StorageOptions>> fill)
    {
        await using var small = await Node.Start(await fill(Small), Small);
        await using var large = await Node.Start(await fill(size), size);
        Print($"{name}: median of {Rounds} rounds of {RequestsPerRound}, at {Small} and at {size} models, in milliseconds; at most {Bound}");
        foreach (var (what, path) in size > Large ? Searches() : [.. Reads(), .. Searches()])
        {
            await Compare(what, small, large, async node => (await node.Client.Call(HttpMethod.Get, path(node))).MustBe(HttpStatusCode.OK));
        }

        if (size > Large)
        {
            return;
        }

        foreach (var group in (string[])["model", "version", "day"])
        {
            var took = await Time(large, async node => (await node.Client.Call(
                HttpMethod.Get, $"/v1/billing/usage?from=2026-01-01&group_by={group}")).MustBe(HttpStatusCode.OK), 3);
            Print($"{$"usage of all by {group}, first page",-48} {"",8} {took,8:F0}        {(took <= MaxUsage ? "met" : "not met")}, at most {MaxUsage}");
        }

        await Compare("deploy: a new model", small, large, node => node.Deploy($"new-{Guid.NewGuid():N}"));
        await Compare("deploy: a model with few versions", small, large, node => node.Deploy(node.Name));
        await Compare("deploy: the model with many versions", small, large, node => node.Deploy(Crowded));
    }

    private static async Task Compare(string what, Node small, Node large, Func<Node, Task> ask)
    {
        List<(double Small, double Large)> rounds = [];
        // What comes first compiles, twice where it is called often, and fills caches.
        await Time(small, ask, WarmRequests);
        await Time(large, ask, WarmRequests);
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add(round % 2 == 0 ? (await Time(small, ask), await Time(large, ask)) : Swap(await Time(large, ask), await Time(small, ask)));
        }

        var ratio = Median(rounds.Select(round => round.Large / round.Small));
        Print($"{what,-48} {Median(rounds.Select(round => round.Small)),8:F2} {Median(rounds.Select(round => round.Large)),8:F2} {ratio,6:F2} {(ratio <= Bound ? "met" : "not met")}");

        static (double Small, double Large) Swap(double large, double small) => (small, large);
    }

    /// <summary>The median of some requests one after the other.</summary>
    private static async Task<double> Time(Node node, Func<Node, Task> ask, int requests = RequestsPerRound)
    {
        List<double> took = [];
        for (var request = 0; request < requests; request++)
        {
            var began = Stopwatch.GetTimestamp();
            await ask(node);
            took.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return Median(took);
    }

    private static IEnumerable<(string What, Func<Node, string> Path)> Reads()
    {
        yield return ("a model by id", node => $"/v1/models/{node.NextId()}");
        yield return ("a model by name", node => $"/v1/models/{NameOf(node.Next())}");
        yield return ("a version by id", node => $"/v1/model_versions/{node.NextId()}-2");
        yield return ("a version by number", node => $"/v1/models/{node.NextId()}/versions/0.2.0");
        yield return ("a version of many by number", node => $"/v1/models/{node.CrowdedId}/versions/0.{node.Next()}.0");
        yield return ("resolve", node => $"/v1/models/{node.Name}/resolve");
        yield return ("resolve a range", node => $"/v1/models/{node.Name}/resolve?version=0.x");
        yield return ("resolve of many, explained", node => $"/v1/models/{node.CrowdedId}/resolve?explain=true&version=0.2.0");
        yield return ("models", _ => "/v1/models");
        yield return ("models, newest first", _ => "/v1/models?order_by=-created_at");
        yield return ("models: a label that one has", node => $"/v1/models?label=tier:{NameOf(node.Size / 2)}");
        yield return ("models: a label that all have", _ => "/v1/models?label=team:vision");
        yield return ("models: both labels", node => $"/v1/models?label=team:vision&label=tier:{NameOf(node.Size / 2)}");
        yield return ("versions", node => $"/v1/models/{node.NextId()}/versions");
        yield return ("versions of many", node => $"/v1/models/{node.CrowdedId}/versions");
        yield return ("versions of many: the draft", node => $"/v1/models/{node.CrowdedId}/versions?state=draft");
        yield return ("versions of many: deleted, none", node => $"/v1/models/{node.CrowdedId}/versions?state=deleted");
        yield return ("versions of many: external id", node => $"/v1/models/{node.CrowdedId}/versions?external_id=build-77");
        yield return ("versions of many: a label that one has", node => $"/v1/models/{node.CrowdedId}/versions?label=build:b77");
        yield return ("versions of many: a label that all have", node => $"/v1/models/{node.CrowdedId}/versions?label=kind:nightly");
        yield return ("events", _ => "/v1/events");
        yield return ("events of a model", node => $"/v1/models/{node.NextId()}/events");
        yield return ("events of the model with many versions", node => $"/v1/models/{node.CrowdedId}/events");
        yield return ("events of a version", node => $"/v1/model_versions/{node.NextId()}-2/events");
        yield return ("events of a type that is rare", _ => "/v1/events?type=model.updated&page_size=1");
        yield return ("usage of a version", node => $"/v1/model_versions/{node.NextId()}-2/usage");
        yield return ("traffic of a model", node => $"/v1/models/{node.Name}/traffic");
        yield return ("API keys", _ => "/v1/api_keys");
        yield return ("webhooks", _ => "/v1/webhooks");
        yield return ("statements", _ => "/v1/billing/statements");
    }

    private static IEnumerable<(string What, Func<Node, string> Path)> Searches()
    {
        yield return ("models: q that few have", _ => "/v1/models?q=q-needl");
        yield return ("models: q that all have", _ => "/v1/models?q=ed-mod");
        yield return ("models: q of two characters", _ => "/v1/models?q=se");
        yield return ("models: q that none has", _ => "/v1/models?q=nowhere");
        yield return ("versions of many, highest number first", node => $"/v1/models/{node.CrowdedId}/versions?order_by=-number");
        yield return ("versions of many: a number", node => $"/v1/models/{node.CrowdedId}/versions?number=0.77.");
        yield return ("versions of many: numbers that all have", node => $"/v1/models/{node.CrowdedId}/versions?number=0.");
    }

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"seed-model-{number}");

    private static async Task<StorageOptions> Sqlite(int size)
    {
        var options = new StorageOptions { DataDirectory = Path.Combine(Cache, $"sqlite-{size}") };
        var mark = Path.Combine(options.DataDirectory, "filled");
        if (!File.Exists(mark))
        {
            if (Directory.Exists(options.DataDirectory))
            {
                Directory.Delete(options.DataDirectory, recursive: true);
            }

            Directory.CreateDirectory(options.DataDirectory);
            await Fill(options, size);
            await File.WriteAllTextAsync(mark, "");
        }

        return options;
    }

    private static async Task<StorageOptions> Postgres(string server, int size)
    {
        var name = $"registry_growth_{size}";
        var options = new StorageOptions
        {
            DataDirectory = Directory.CreateDirectory(Path.Combine(Cache, name)).FullName,
            PostgresConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name, CommandTimeout = 0 }.ConnectionString,
        };
        var atServer = options with { PostgresConnectionString = server };
        if (await TestRows.Execute(atServer, $"select shobj_description(oid, 'pg_database') from pg_database where datname = '{name}'") is not "filled")
        {
            await TestRows.Execute(atServer, $"drop database if exists {name} with (force)");
            await TestRows.Execute(atServer, $"create database {name}");
            await Fill(options, size);
            await TestRows.Execute(atServer, $"comment on database {name} is 'filled'");
        }

        return options;
    }

    /// <summary>Makes two models by the interface, and the others from their rows.</summary>
    private static async Task Fill(StorageOptions options, int size)
    {
        var began = Stopwatch.GetTimestamp();
        string seed, crowded;
        await using (var node = await Node.Start(options, size))
        {
            seed = await node.Make(Seed, 4);
            crowded = await node.Make(Crowded, 1);
            await node.Deploy(Crowded);
        }

        var rows = new GrownRows(seed, Seed, crowded);
        for (var first = 1; first <= size; first += Part)
        {
            // One statement for all would take as much room in the log again.
            await rows.Add(options, first, Math.Min(size, first + Part - 1), size / 2);
        }

        Print($"filled with {size} models in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return sorted[sorted.Count / 2];
    }

    private static void Print(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));

    /// <summary>A node on a filled database.</summary>
    private sealed class Node(RegistryProcess process, HttpClient client, int size) : IAsyncDisposable
    {
        private static readonly string[] Quotas = ["ModelsPerWorkspace", "VersionsPerWorkspace", "ActiveVersionsPerWorkspace"];

        private int _next;

        public HttpClient Client => client;

        public int Size => size;

        public string Name => NameOf(size / 4);

        public string CrowdedId { get; private set; } = "";

        public static async Task<Node> Start(StorageOptions options, int size)
        {
            var (process, client) = await RegistryProcess.Start(new NodeSettings
            {
                DataDirectory = options.DataDirectory,
                ConnectionString = options.PostgresConnectionString,
                Arguments = [.. Quotas.Select(quota => $"--Registry:Limits:{quota}=100000000")],
            });
            var node = new Node(process, client, size);
            var crowded = await client.Call(HttpMethod.Get, $"/v1/models/{Crowded}");
            node.CrowdedId = crowded.Status == HttpStatusCode.OK ? (string)crowded.Body!["id"]! : "";
            return node;
        }

        /// <summary>Another number of a model each time, spread over all.</summary>
        public int Next() => (int)(_next++ * 7919L % (size - 3)) + 3;

        public string NextId() => GrownRows.IdOf(Next());

        public async Task Deploy(string name) => (await client.Call(
            HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = name })).MustBe(HttpStatusCode.Created);

        /// <summary>Makes a model with versions that are inactive, a published one and labels; answers its id.</summary>
        public async Task<string> Make(string name, int versions)
        {
            var id = "";
            for (var version = 1; version <= versions; version++)
            {
                var made = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
                {
                    ["model_name"] = name,
                    ["publish"] = version == versions && versions > 1,
                    ["labels"] = new JsonObject { ["kind"] = "nightly", ["build"] = "b0" },
                    ["external_id"] = "build-0",
                });
                id = (string)made.MustBe(HttpStatusCode.Created).Body!["model_id"]!;
                if (version < versions || versions == 1)
                {
                    (await client.Call(HttpMethod.Post, $"/v1/model_versions/{id}-{version}/deactivate")).MustBe(HttpStatusCode.OK);
                }
            }

            (await client.Call(HttpMethod.Patch, $"/v1/models/{id}", new JsonObject { ["labels"] = new JsonObject { ["team"] = "vision", ["tier"] = "t" } }))
                .MustBe(HttpStatusCode.OK);
            return id;
        }

        public async ValueTask DisposeAsync()
        {
            await process.Signal("TERM");
            await process.WaitForExit();
            client.Dispose();
            process.Dispose();
        }
    }
}
