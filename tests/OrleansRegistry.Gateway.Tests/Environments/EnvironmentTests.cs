using System.Text;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Environments;

/// <summary>The environments of a node, with the machine's Python, and without the server of ONNX beside it.</summary>
[Collection(OnSqlite.Name)]
public sealed class EnvironmentTests(EnvironmentTests.Server server, SqliteServer other) : IClassFixture<EnvironmentTests.Server>
{
    private const string Route = "/v1/environments";
    private const string Match = Route + "/match";

    private readonly RegistryDriver _operator = server.Driver;

    [Fact]
    public async Task F10_a_node_says_what_its_environments_have_and_why_one_runs_nothing()
    {
        var told = (await _operator.Get(Route)).Is(200);

        Assert.Null(told["off"]);
        var (onnx, broken, python) = (told.Body!["environments"]![0]!, told.Body["environments"]![1]!, told.Body["environments"]![2]!);
        Assert.Equal(("onnx", "[\"onnx\"]", null), ((string?)onnx["name"], onnx["formats"]!.ToJsonString(), (string?)onnx["python"]));
        Assert.Equal("Its server is missing.", (string?)onnx["off"]);
        Assert.Equal("broken", (string?)broken["name"]);
        Assert.Equal("Its interpreter can't be started.", (string?)broken["off"]);
        Assert.Equal(("science", "[\"python\",\"python-pickle\"]", null), ((string?)python["name"], python["formats"]!.ToJsonString(), (string?)python["off"]));
        Assert.Matches(@"^3\.\d+\.\d+", (string)python["python"]!);
        Assert.Equal("""[{"name":"small","memory_mib":256,"cpus":1,"processes":64}]""", told.Body["instance_types"]!.ToJsonString());
        Assert.Contains("runtime", (await _operator.Get("/v1/server")).Is(200).Body!["features"]!.AsArray().Select(feature => (string)feature!));
    }

    [Fact]
    public async Task F10_the_first_environment_that_fits_is_named_and_the_others_say_what_they_lack()
    {
        var python = string.Join('.', ((string)(await _operator.Get(Route)).Body!["environments"]![2]!["python"]!).Split('.').Take(2));

        var fits = (await _operator.Post(Match, $$"""{"format":"python","requires":{"python":"{{python}}"},"instance_type":"small"}""")).Is(200);
        var misses = (await _operator.Post(Match, """{"format":"python-pickle","requires":{"python":"2.7","packages":{"no-such-package":"1.0"}}}""")).Is(200);

        Assert.Equal("science", fits["environment"]);
        var (onnx, science) = (fits.Body!["environments"]![0]!, fits.Body["environments"]![2]!);
        Assert.Equal((false, "[]"), ((bool)onnx["fits"]!, onnx["differences"]!.ToJsonString()));
        Assert.NotNull((string?)onnx["off"]);
        Assert.Equal((true, "[]", null), ((bool)science["fits"]!, science["differences"]!.ToJsonString(), (string?)science["off"]));

        Assert.Null(misses["environment"]);
        science = misses.Body!["environments"]![2]!;
        Assert.Equal(("science", false), ((string?)science["name"], (bool)science["fits"]!));
        Assert.Equal(
            [("python", "2.7"), ("no-such-package", "1.0")],
            science["differences"]!.AsArray().Select(difference => ((string)difference!["name"]!, (string)difference["needs"]!)));
        Assert.Null((string?)science["differences"]![1]!["has"]);
    }

    [Fact]
    public async Task F10_a_question_that_is_wrong_names_the_field()
    {
        (await _operator.Post(Match, "{}")).IsInvalid("format");
        (await _operator.Post(Match, """{"format":"tar"}""")).IsInvalid("format");
        (await _operator.Post(Match, """{"format":"onnx","requires":{"python":"3.11"}}""")).IsInvalid("requires");
        (await _operator.Post(Match, """{"format":"python","requires":{"python":"3"}}""")).IsInvalid("requires.python");
        (await _operator.Post(Match, """{"format":"python","requires":{"packages":{"A_b":"1"}}}""")).IsInvalid("requires.packages");
        (await _operator.Post(Match, """{"format":"python","requires":{"packages":{"numpy":"new"}}}""")).IsInvalid("requires.packages.numpy");
        (await _operator.Post(Match, """{"format":"python","requires":{"conda":"1"}}""")).IsInvalid("requires.conda");
        (await _operator.Post(Match, """{"format":"python","instance_type":"huge"}""")).IsInvalid("instance_type");
        (await _operator.Post(Match, """{"format":"python","instance_type":""}""")).IsInvalid("instance_type");
    }

    [Fact]
    public async Task A_node_that_runs_nothing_says_why_and_fits_nothing()
    {
        const string reason = "Registry__Runtime__Enabled is false.";

        var told = (await other.Driver.Get(Route)).Is(200);
        var match = (await other.Driver.Post(Match, """{"format":"onnx"}""")).Is(200);
        var part = (await other.Driver.Get("/v1/server")).Is(200);

        Assert.Equal((reason, "[]", "[]"), (told["off"], told.Body!["environments"]!.ToJsonString(), told.Body["instance_types"]!.ToJsonString()));
        Assert.Equal((reason, null, "[]"), (match["off"], match["environment"], match.Body!["environments"]!.ToJsonString()));
        Assert.Equal(reason, part["off.runtime"]);
        (await other.Driver.Post(Match, """{"format":"onnx","instance_type":"small"}""")).IsInvalid("instance_type");
    }

    [Fact]
    public async Task X9_the_log_of_a_version_is_read_and_followed()
    {
        var id = await Deploy("""
            print("one\x1b[31m\ntwo", flush=True)
            class Model:
                def predict(self, inputs):
                    print(inputs[0], flush=True)
                    return inputs
            """);
        var route = $"/v1/model_versions/{id}/logs";

        var all = Lines(await _operator.Get(route));
        Assert.Contains(all, line => line.Text == @"one\u001b[31m");
        Assert.Contains(all, line => line.Text == "two");
        var first = all[0].Number;
        Assert.Equal(Enumerable.Range(0, all.Count).Select(index => first + index), all.Select(line => line.Number));
        Assert.Equal(all[^1..], Lines(await _operator.Get($"{route}?tail=1")));
        Assert.Equal(all[1..], Lines(await _operator.Get($"{route}?after={first}")));
        Assert.Empty(Lines(await _operator.Get($"{route}?after={all[^1].Number}")));
        // No number of this log: it is read from its beginning.
        Assert.Equal(all, Lines(await _operator.Get($"{route}?after={all[^1].Number + 1}")));
        Assert.Equal(all, Lines(await _operator.Get($"{route}?after=1")));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{route}?after={all[^1].Number}");
        request.Headers.Add("Accept", "text/event-stream");
        using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using StreamReader stream = new(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        (await _operator.Post($"/v1/model_versions/{id}/predict", """{"instances":["three"]}""")).Is(200);
        List<string> told = [];
        while (told.LastOrDefault()?.StartsWith("data: ", StringComparison.Ordinal) != true)
        {
            told.Add((await stream.ReadLineAsync(TestContext.Current.CancellationToken))!);
        }

        Assert.Equal($"id: {all[^1].Number + 1}", told[^3]);
        Assert.Equal("event: line", told[^2]);
        Assert.Equal("three", (string?)JsonNode.Parse(told[^1]["data: ".Length..])!["text"]);
    }

    [Fact]
    public async Task X9_who_reads_on_behind_a_line_misses_none_of_the_log_after_a_deactivation()
    {
        const string talkative = "for line in range(20):\n    print(line)\n";
        var id = await Deploy(talkative + "class Model:\n    def predict(self, inputs):\n        return inputs");
        var route = $"/v1/model_versions/{id}/logs";
        var cursor = Lines(await _operator.Get(route))[2].Number;

        (await _operator.Do("deactivate", id)).Is(200);
        (await _operator.Do("activate", id)).Is(200);
        (await _operator.Get($"/v1/model_versions/{id}?wait=ready&timeout_seconds=60")).Is(200);

        var all = Lines(await _operator.Get(route));
        Assert.Equal("0", all[0].Text);
        Assert.Equal(all, Lines(await _operator.Get($"{route}?after={cursor}")));
    }

    [Theory]
    [InlineData("deactivate", 409, ErrorCode.VersionInactive)]
    [InlineData("delete", 410, ErrorCode.VersionDeleted)]
    public async Task X3_a_call_that_outlasts_its_version_is_refused_by_the_registry_and_is_no_error_of_the_model(
        string command, int status, string code)
    {
        var id = await Deploy("""
            import signal, time
            class Model:
                def load(self):
                    # It ends at once when it is told to, as a server of its own may.
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                def predict(self, inputs):
                    print("called", flush=True)
                    time.sleep(3600)
            """);
        var call = _operator.Post($"/v1/model_versions/{id}/predict", """{"instances":[1]}""");
        while (!Lines(await _operator.Get($"/v1/model_versions/{id}/logs")).Any(line => line.Text == "called"))
        {
            await Task.Yield();
        }

        (await (command == "delete" ? _operator.Delete($"/v1/model_versions/{id}") : _operator.Do(command, id))).Is(200);

        (await call).IsProblem(status, code);
        var traffic = await _operator.Get($"/v1/model_versions/{id}/traffic");
        while ((int)traffic.Is(200).Body!["in_flight"]! > 0)
        {
            traffic = await _operator.Get($"/v1/model_versions/{id}/traffic");
        }

        Assert.Equal((1, 0), ((int)traffic.Body!["calls"]!, (int)traffic.Body["errors"]!));
    }

    [Fact]
    public async Task X9_only_deployers_of_the_workspace_read_a_log()
    {
        var id = await Deploy("print('secret')\nclass Model:\n    def predict(self, inputs):\n        return inputs");
        var route = $"/v1/model_versions/{id}/logs";
        var viewer = (await _operator.Post("/v1/api_keys", """{"name":"v","role":"viewer"}""")).Is(201)["key"];
        var tenant = await server.NewTenant();

        (await server.DriverOf(viewer).Get(route)).IsProblem(403, ErrorCode.Forbidden);
        (await server.DriverOf(tenant.Key).Get(route)).IsProblem(404, ErrorCode.VersionNotFound);
        (await server.DriverOf(tenant.Key).Get(route, ("Accept", "text/event-stream"))).IsProblem(404, ErrorCode.VersionNotFound);
        (await _operator.Get($"{route}?tail=1&after=1")).IsInvalid("tail");
        (await _operator.Get($"{route}?tail=0")).IsInvalid("tail");
        (await _operator.Get($"{route}?after=x")).IsInvalid("after");
        (await _operator.Post($"/v1/model_versions/{id}/deactivate", "{}")).Is(200);
        Assert.Empty(Lines(await _operator.Get(route)));
        Assert.Empty(Lines(await _operator.Get($"/v1/model_versions/{(await _operator.Deploy(RegistryDriver.NewName()))["id"]}/logs")));
    }

    private static List<(long Number, string Text)> Lines(Reply reply) =>
        [.. reply.Is(200).Body!["lines"]!.AsArray().Select(line => ((long)line!["number"]!, (string)line["text"]!))];

    /// <summary>Deploys a package and waits until it is ready.</summary>
    private async Task<string> Deploy(string code)
    {
        TestFile file = new(Encoding.UTF8.GetBytes(code));
        (await file.Upload(_operator)).Is(200);
        var made = await TestFile.Create(_operator, "python", ("model.py", file));
        var deployed = (await _operator.Post(
            "/v1/model_versions",
            $$"""{"model_name":"{{RegistryDriver.NewName()}}","publish":true,"artifact":{"digest":"{{made["digest"]}}"},"runtime":{} }""")).Is(201);
        var ready = (await _operator.Get($"/v1/model_versions/{deployed["id"]}?wait=ready&timeout_seconds=60")).Is(200);
        Assert.Equal("ready", ready["serving.status"]);
        return deployed["id"]!;
    }

    /// <summary>A node that runs packages, with nothing around them: it needs no rights on the machine.</summary>
    public sealed class Server : RegistryServer
    {
        protected override Task<TestDatabase> CreateDatabase() => Task.FromResult(TestDatabase.Sqlite());

        protected override IReadOnlyList<string> Settings =>
        [
            "--Registry:Runtime:Enabled=true",
            "--Registry:Runtime:Isolation=none",
            $"--Registry:Runtime:Python:science={Environment.GetEnvironmentVariable("REGISTRY_TEST_PYTHON") ?? "/usr/bin/python3"}",
            "--Registry:Runtime:Python:broken=/nowhere/python",
            "--Registry:InstanceTypes:small:MemoryMiB=256",
            "--Registry:Calls:GraceSeconds=1",
        ];
    }
}
