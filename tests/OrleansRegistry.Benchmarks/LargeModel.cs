using System.Diagnostics;
using System.Globalization;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What a model with very many versions asks of a node: a page of the workspace's usage by version, and the end of the model, which tells of each
/// version. On SQLite, and on the PostgreSQL server that REGISTRY_TEST_POSTGRES names. The rows are made from those of one version.
/// </summary>
internal static class LargeModel
{
    private const int Versions = 100_000;

    /// <summary>A command has an effect within this time or not at all.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Measures and prints.</summary>
    public static async Task Run()
    {
        await using (var database = TestDatabase.Sqlite())
        {
            await Run("SQLite", database.Options, $$"""
                insert into registry_state (key, kind, version, payload, modified_on)
                    with recursive numbers (n) as (select 2 union all select n + 1 from numbers where n < {{Versions}})
                    select substr(key, 1, length(key) - 1) || n, kind, 1, json_set(payload, '$.ordinal', n, '$.version', '0.' || n || '.0'), modified_on
                    from numbers, registry_state where kind = 'version';
                update registry_state set payload = json_set(
                    payload, '$.next_ordinal', {{Versions + 1}}, '$.version_count', {{Versions}}, '$.latest_version', '0.{{Versions}}.0') where kind = 'model';
                insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
                    with recursive numbers (n) as (select 2 union all select n + 1 from numbers where n < {{Versions}})
                    select workspace, model_id, n, stage, instance_type, started_at, ended_at from numbers, registry_usage
                """);
        }

        if (Environment.GetEnvironmentVariable("REGISTRY_TEST_POSTGRES") is { Length: > 0 })
        {
            await using var database = await TestDatabase.Postgres();
            await Run("PostgreSQL", database.Options, $$"""
                insert into registry_state (key, kind, version, payload)
                    select left(key, -1) || n, kind, 1, payload || jsonb_build_object('ordinal', n, 'version', '0.' || n || '.0')
                    from generate_series(2, {{Versions}}) as numbers (n), registry_state where kind = 'version';
                update registry_state set payload = payload || jsonb_build_object(
                    'next_ordinal', {{Versions + 1}}, 'version_count', {{Versions}}, 'latest_version', '0.{{Versions}}.0') where kind = 'model';
                insert into registry_usage (workspace, model_id, ordinal, stage, instance_type, started_at, ended_at)
                    select workspace, model_id, n, stage, instance_type, started_at, ended_at from generate_series(2, {{Versions}}) as numbers (n), registry_usage
                """);
        }
    }

    private static async Task Run(string name, StorageOptions options, string clone)
    {
        var settings = new NodeSettings { DataDirectory = options.DataDirectory, ConnectionString = options.PostgresConnectionString };
        string model;
        var (first, maker) = await RegistryProcess.Start(settings);
        using (first)
        using (maker)
        {
            var version = await maker.Deploy("Large");
            model = (string)version["model_id"]!;
            await maker.Call(HttpMethod.Post, $"/v1/model_versions/{version["id"]}/deactivate");
            await first.Signal("TERM");
            await first.WaitForExit();
        }

        await TestRows.Execute(options, clone);
        var (node, client) = await RegistryProcess.Start(settings);
        using (node)
        using (client)
        {
            const string usage = "/v1/billing/usage?from=2026-01-01&group_by=version&page_size=200";
            await client.Read("/v1/models");
            var before = Memory(node);
            var page = await client.Read(usage);
            var (length, took) = (page.ToJsonString().Length, await Time(() => client.Read(usage)));
            Print($"{name}: a page of usage by version has {length} characters, takes {took.TotalSeconds:F2} s, and the node grew by {(Memory(node) - before) / 1024} MiB");

            took = await Time(async () => (await client.Call(HttpMethod.Delete, $"/v1/models/{model}")).MustBe(System.Net.HttpStatusCode.OK));
            Print($"{name}: deleting a model with {Versions} versions takes {took.TotalSeconds:F1} s; less than {Limit.TotalSeconds:F0} s: {(took < Limit ? "met" : "not met")}");
            var told = await TestRows.Execute(options, "select count(*) from registry_event where type = 'version.deleted'");
            Print($"{name}: version.deleted was told {told} times: {(Convert.ToInt32(told, CultureInfo.InvariantCulture) == Versions ? "met" : "not met")}");
        }
    }

    private static async Task<TimeSpan> Time(Func<Task> run)
    {
        var began = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>What a process holds, in KiB.</summary>
    private static long Memory(RegistryProcess node)
    {
        using var process = Process.GetProcessById(node.Id);
        return process.WorkingSet64 / 1024;
    }

    private static void Print(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}
