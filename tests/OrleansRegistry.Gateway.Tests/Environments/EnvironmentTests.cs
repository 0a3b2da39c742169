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
        Assert.Contains("OrleansRegistry.OnnxServer.dll is missing", (string?)onnx["off"], StringComparison.Ordinal);
        Assert.Equal("broken", (string?)broken["name"]);
        Assert.Contains("/nowhere/python can't be started", (string?)broken["off"], StringComparison.Ordinal);
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
        ];
    }
}
