using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What deployments on SQLite cost beside their rows: the registry, asked over HTTP by 16 callers, and a loop that writes what such
/// deployments wrote, by the same statement and triggers, into a file of the same schema. Then what a deployment takes by how many versions
/// of its model are active.
/// </summary>
internal static class BareWrites
{
    private const int Callers = 16;
    private const int Rounds = 7;
    private const int Created = 201;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(3);
    private static readonly int[] Active = [10, 100, 1_000];
    private static readonly string[] Parameters = ["@GrainIdExtensionString", "@GrainTypeString", "@PayloadBinary", "@GrainStateVersion"];

    private static int _names;

    /// <summary>Runs the comparisons and prints them.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            var options = new StorageOptions { DataDirectory = data.FullName };
            var empty = Path.Combine(data.FullName, "empty.db");
            await (await Start(data)).DisposeAsync();
            await TestRows.Execute(options, $"vacuum into '{empty}'");

            var many = await Record(data, options, () => Names(Callers));
            var one = await Record(data, options, () => Names(1));
            await using var registry = await Start(data);
            Console.WriteLine("deployments a second on SQLite            bare loop   registry    ratio   spread");
            await Compare("control: the loop with itself", empty, many, () => Task.FromResult(Replay(empty, many)), bound: null);
            await Compare($"{Callers} models, {Callers} callers", empty, many, () => Deploy(registry, Names(Callers)), bound: 0.60);
            await Compare($"one model, {Callers} callers", empty, one, () => Deploy(registry, Names(1)), bound: null);
            await CompareActive(registry);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static Task<ServerProcess> Start(DirectoryInfo data) => ServerProcess.Registry(
        data.FullName, requestsPerSecond: 0, "--Registry:Limits:ActiveVersionsPerModel=10000", "--Registry:Limits:ModelsPerWorkspace=1000000");

    /// <summary>What deployments write, statement by statement.</summary>
    private static async Task<List<Write>> Record(DirectoryInfo data, StorageOptions options, Func<List<string>> names)
    {
        // The deadline of a command would be over.
        await TestRows.Execute(options, """
            create table recorded (n integer primary key, key text, kind text, payload text);
            create trigger record before insert on registry_state when new.kind <> 'version' begin
                insert into recorded (key, kind, payload) values (new.key, new.kind, json_remove(new.payload, '$.not_after'));
            end
            """);
        await using (var registry = await Start(data))
        {
            await Deploy(registry, names());
            await TestRows.Execute(options, "delete from recorded");
            await Deploy(registry, names());
        }

        List<Write> writes = [];
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(data.FullName, StorageOptions.FileName)};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "select key, kind, payload from recorded order by n";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                writes.Add(new Write(reader.GetString(0), reader.GetString(1), Encoding.UTF8.GetBytes(reader.GetString(2))));
            }
        }

        await TestRows.Execute(options, "drop trigger record; drop table recorded");
        return writes;
    }

    /// <summary>Writes all of it into a new file, one commit after the other; how many deployments a second that were.</summary>
    private static double Replay(string empty, List<Write> writes)
    {
        var file = $"{empty}-{Guid.NewGuid():N}";
        File.Copy(empty, file);
        using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        Execute(connection, "pragma journal_mode = wal; pragma synchronous = full; pragma recursive_triggers = off");
        using var command = connection.CreateCommand();
        command.CommandText = (string)Execute(connection, "select QueryText from OrleansQuery where QueryKey = 'WriteToStorageKey'")!;
        var parameters = Parameters.Select(name => command.Parameters.AddWithValue(name, DBNull.Value)).ToArray();
        Dictionary<string, int> versions = new(StringComparer.Ordinal);
        var begun = Stopwatch.GetTimestamp();
        foreach (var write in writes)
        {
            var version = versions.TryGetValue(write.Key, out var found) ? found : (object)DBNull.Value;
            (parameters[0].Value, parameters[1].Value, parameters[2].Value, parameters[3].Value) = (write.Key, write.Kind, write.Payload, version);
            versions[write.Key] = Convert.ToInt32(command.ExecuteScalar() ?? throw new InvalidOperationException($"{write.Key} was not written."), CultureInfo.InvariantCulture);
        }

        var took = Stopwatch.GetElapsedTime(begun);
        return writes.Count(write => write.Kind == "model") / took.TotalSeconds;
    }

    private static object? Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static List<string> Names(int count) => [.. Enumerable.Range(0, count).Select(_ => $"model {Interlocked.Increment(ref _names)}")];

    private static async Task Compare(string what, string empty, List<Write> writes, Func<Task<double>> run, double? bound)
    {
        List<(double Bare, double Registry)> pairs = [];
        for (var round = 0; round < Rounds; round++)
        {
            var first = round % 2 == 0 ? Replay(empty, writes) : await run();
            var second = round % 2 == 0 ? await run() : Replay(empty, writes);
            pairs.Add(round % 2 == 0 ? (first, second) : (second, first));
        }

        var ratios = pairs.Select(pair => pair.Registry / pair.Bare).Order().ToList();
        var verdict = bound is { } least ? string.Create(CultureInfo.InvariantCulture, $"; at least {least:F2}: {(Median(ratios) >= least ? "met" : "not met")}") : "";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-40} {Median(pairs.Select(pair => pair.Bare)),10:N0} {Median(pairs.Select(pair => pair.Registry)),10:N0}   {Median(ratios),6:F2}   {ratios[0]:F2} to {ratios[^1]:F2}{verdict}"));
    }

    /// <summary>One caller, models in turns.</summary>
    private static async Task CompareActive(ServerProcess registry)
    {
        var names = Names(Active.Length);
        foreach (var (name, active) in names.Zip(Active))
        {
            await Task.WhenAll(Enumerable.Repeat(Times(active), Callers).Select(goOn => Task.Run(() => Deploy(registry, name, goOn))));
        }

        List<double>[] took = [.. Active.Select(_ => new List<double>())];
        for (var round = 0; round < Rounds; round++)
        {
            for (var n = 0; n < names.Count; n++)
            {
                took[n].AddRange(await Deploy(registry, names[n], Times(3)));
            }
        }

        Console.WriteLine($"one caller, by active versions: {string.Join(", ", Active.Zip(took, (active, times) => string.Create(CultureInfo.InvariantCulture, $"{active}: {Median(times):F1} ms")))}");
    }

    private static Func<bool> Times(int count) => () => Interlocked.Decrement(ref count) >= 0;

    /// <summary>Deploys to these models for a while; how many deployments a second that were.</summary>
    private static async Task<double> Deploy(ServerProcess registry, List<string> names)
    {
        var begun = Stopwatch.GetTimestamp();
        var took = await Task.WhenAll(Enumerable.Range(0, Callers).Select(n => Task.Run(
            () => Deploy(registry, names[n % names.Count], () => Stopwatch.GetElapsedTime(begun) < Phase))));
        return took.Sum(times => times.Count) / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    /// <summary>Deploys again and again; what each took, in milliseconds.</summary>
    private static async Task<List<double>> Deploy(ServerProcess registry, string name, Func<bool> goOn)
    {
        var request = Load.Request(registry.Address, ServerProcess.Key, "POST /v1/model_versions", new JsonObject { ["model_name"] = name }.ToJsonString());
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, registry.Address.Port);
        var buffer = new byte[8192];
        List<double> took = [];
        while (goOn())
        {
            var sent = Stopwatch.GetTimestamp();
            if (await Load.Exchange(socket, request, buffer) is not Created and var status)
            {
                throw new InvalidOperationException($"The registry answered {status}.");
            }

            took.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        return took;
    }

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return sorted[sorted.Count / 2];
    }

    private sealed record Write(string Key, string Kind, byte[] Payload);
}
