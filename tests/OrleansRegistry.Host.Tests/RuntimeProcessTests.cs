using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>
/// Versions that the real executable runs, in real sandboxes: from the files to the first answer, through kills of the
/// process and of the node, to the end of the process (rules X1 to X4).
/// </summary>
public sealed class RuntimeProcessTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Double = """
        class Model:
            def load(self):
                self.factor = 2

            def predict(self, inputs):
                return [self.factor * value for value in inputs]
        """;

    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private NodeSettings _settings = null!;
    private RegistryProcess _node = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _settings = NodeSettings.On(_database) with { Arguments = ["--Registry:Runtime:Enabled=true"] };
        (_node, _client) = await RegistryProcess.Start(_settings);
        var environments = await _client.Read("/v1/environments");
        if (!environments["environments"]!.AsArray().Any(one => (string)one!["name"]! == "default" && one["off"] is null))
        {
            var reason = $"This machine runs no Python package: {environments.ToJsonString()}";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", reason);
            Assert.Skip(reason);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _node.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task X1_X3_a_package_is_deployed_by_its_digest_answers_calls_and_is_gone_when_its_version_is_stopped()
    {
        var began = Stopwatch.GetTimestamp();
        var version = await Run("double", Double);
        output.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s from the files to an answer");

        var infer = await _client.Call(HttpMethod.Post, "/v2/models/double/infer", JsonNode.Parse(
            """{"inputs":[{"name":"x","shape":[2],"datatype":"INT64","data":[1,2]}]}"""));
        Assert.Equal(HttpStatusCode.OK, infer.Status);
        var processes = Processes();
        Assert.NotEmpty(processes);

        (await _client.Call(HttpMethod.Post, $"/v1/model_versions/{version}/deactivate")).MustBe(HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.Conflict, (await Predict("double")).Status);
        await Until(() => !processes.Any(IsAlive), "the process is gone");
        await Until(() => Directory.GetFiles(Path.Combine(_settings.DataDirectory, "run"), "*.sock").Length == 0, "its socket is gone");
        await Until(() => Directory.GetDirectories(Path.Combine(_settings.DataDirectory, "artifacts", "packages")).Length == 0, "its package is gone");

        (await _client.Call(HttpMethod.Post, $"/v1/model_versions/{version}/activate")).MustBe(HttpStatusCode.OK);
        await IsReady(version);
        (await Predict("double")).MustBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task X2_a_process_that_is_killed_under_load_comes_back_and_every_call_is_answered()
    {
        var version = await Run("double", Double);
        using CancellationTokenSource end = new();
        ConcurrentDictionary<string, int> answers = [];
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var answer = await Predict("double");
                answers.AddOrUpdate(Describe(answer), 1, (_, count) => count + 1);
            }
        })).ToArray();

        for (var kill = 1; kill <= 3; kill++)
        {
            var began = Stopwatch.GetTimestamp();
            foreach (var process in Processes())
            {
                Process.GetProcessById(process).Kill();
            }

            await Until(async () => await Crashes(version) == kill, "the death is told of");
            await IsReady(version);
            output.WriteLine($"back after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s");
        }

        await end.CancelAsync();
        await Task.WhenAll(load);
        output.WriteLine(string.Join('\n', answers.Select(answer => $"{answer.Value,6} {answer.Key}")));

        // An answer that had begun when the process died is broken off.
        Assert.Subset(
            (HashSet<string>)["200", "502 backend_unreachable true", "503 version_starting", "broken off"], answers.Keys.ToHashSet());
        Assert.True(answers["200"] > 0 && answers["503 version_starting"] > 0);
    }

    [Fact]
    public async Task X4_a_node_that_is_killed_leaves_no_process_and_starts_it_again()
    {
        var version = await Run("double", Double);
        var processes = Processes();

        var killed = DateTimeOffset.UtcNow;
        await _node.Kill();
        await Until(() => !processes.Any(IsAlive), "no process is left");

        _node.Dispose();
        _client.Dispose();
        (_node, _client) = await RegistryProcess.Start(_settings);
        await Until(async () => (await Predict("double")).Status == HttpStatusCode.OK, "it answers again");
        Assert.Equal(1, await Crashes(version));
        // X13: the time after the last sign of life is no active time.
        var usage = await _client.ReadAll($"/v1/model_versions/{version}/events?type=usage.recorded");
        Assert.All(usage, one => Assert.True(DateTimeOffset.Parse((string)one["data"]!["ended_at"]!, CultureInfo.InvariantCulture) <= killed));
        var (exitCode, report) = await RegistryProcess.RunToEnd(_settings, "check");
        Assert.True(exitCode == 0, report);
    }

    [Fact]
    public async Task X2_a_package_that_does_not_load_has_failed_and_says_how()
    {
        var version = (string)(await Deploy("broken", "raise SystemExit(7)"))["id"]!;

        await Until(async () => await Status(version) == "failed", "it has failed");

        Assert.Equal(
            "The process ended with exit code 7. It died 5 times in 5 minutes.",
            (string)(await _client.Read($"/v1/model_versions/{version}"))["serving"]!["message"]!);
        Assert.Empty(Processes());
        var call = await _client.Call(HttpMethod.Post, $"/v1/model_versions/{version}/predict", JsonNode.Parse("""{"instances":[1]}"""));
        Assert.Equal("503 serving_failed", Describe(call));
    }

    private static string Describe(Outcome answer) => answer.Status is not { } status ? "broken off"
        : status == HttpStatusCode.OK ? "200"
        : string.Create(CultureInfo.InvariantCulture, $"{(int)status} {answer.Body?["code"]} {answer.Body?["sent"]}").TrimEnd();

    private static bool IsAlive(int process) => Directory.Exists($"/proc/{process}");

    private async Task<string> Run(string name, string code)
    {
        var version = (string)(await Deploy(name, code))["id"]!;
        await IsReady(version);
        var answer = (await Predict(name)).MustBe(HttpStatusCode.OK);
        Assert.Equal("""{"predictions":[2,4]}""", answer.Body!.ToJsonString());
        return version;
    }

    private async Task<JsonNode> Deploy(string name, string code)
    {
        var bytes = Encoding.UTF8.GetBytes(code);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using HttpRequestMessage upload = new(HttpMethod.Patch, "/v1/artifacts/files/" + sha256) { Content = new ByteArrayContent(bytes) };
        upload.Headers.Add("Upload-Offset", "0");
        upload.Headers.Add("Upload-Length", bytes.Length.ToString(CultureInfo.InvariantCulture));
        using (var uploaded = await _client.SendAsync(upload))
        {
            Assert.Equal(HttpStatusCode.OK, uploaded.StatusCode);
        }

        var artifact = await _client.Call(HttpMethod.Post, "/v1/artifacts", new JsonObject
        {
            ["files"] = new JsonArray(new JsonObject { ["path"] = "model.py", ["sha256"] = sha256, ["size"] = bytes.Length }),
            ["format"] = "python",
            ["requires"] = new JsonObject(),
        });
        var deployed = await _client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
        {
            ["model_name"] = name,
            ["publish"] = true,
            ["artifact"] = new JsonObject { ["digest"] = (string)artifact.Body!["digest"]! },
            ["runtime"] = new JsonObject(),
        });
        return deployed.MustBe(HttpStatusCode.Created).Body!;
    }

    private Task<Outcome> Predict(string name) =>
        _client.Call(HttpMethod.Post, $"/v1/models/{name}/predict", JsonNode.Parse("""{"instances":[1,2]}"""));

    private Task IsReady(string version) => Until(async () => await Status(version) == "ready", "it is ready");

    private async Task<string> Status(string version) => (string)(await _client.Read($"/v1/model_versions/{version}"))["serving"]!["status"]!;

    private async Task<int> Crashes(string version) =>
        (await _client.ReadAll($"/v1/model_versions/{version}/events?type=version.crashed")).Count;

    /// <summary>The interpreters below the node.</summary>
    private List<int> Processes()
    {
        Dictionary<int, int> parents = [];
        foreach (var directory in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var process))
                {
                    var stat = File.ReadAllText(Path.Combine(directory, "stat"));
                    parents[process] = int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return [.. parents.Keys.Where(process => IsBelow(process) && Command(process).Contains("/serve.py", StringComparison.Ordinal)
            && !Command(process).Contains("bwrap", StringComparison.Ordinal))];

        bool IsBelow(int process) => parents.TryGetValue(process, out var parent) && (parent == _node.Id || IsBelow(parent));
    }

    private static string Command(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static Task Until(Func<bool> holds, string what) => Until(() => Task.FromResult(holds()), what);

    private static async Task Until(Func<Task<bool>> holds, string what)
    {
        using CancellationTokenSource late = new(Late);
        while (!await holds())
        {
            Assert.False(late.IsCancellationRequested, $"Not within {Late.TotalSeconds} s: {what}.");
            await Task.Delay(20);
        }
    }
}
