using OrleansRegistry.RestClient;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Rules K2 and K7: exit codes, and what errors look like.</summary>
public sealed class ExitCodeTests(Node node)
{
    public static TheoryData<string> Codes =>
        [.. typeof(ErrorCode).GetFields().Select(code => (string)code.GetRawConstantValue()!)];

    [Theory]
    [InlineData("nothing", "error: ", "`ork --help` says")]
    [InlineData("promote", "error: Required argument missing", "`ork promote --help` says")]
    [InlineData("keys create x", "error: Option '--role' is required", "`ork keys create --help` says")]
    [InlineData("delete iris", "error: This needs one version: name@1.2.0 or an id, not \"iris\". (usage)", "")]
    [InlineData("delete iris@^1 --yes", "error: This needs one version", "")]
    [InlineData("deactivate iris", "error: This needs one version", "")]
    [InlineData("show iris@", "error: The version is \"iris@\"", "")]
    [InlineData("deploy iris --label x", "error: The label x must be KEY=VALUE. (usage)", "")]
    [InlineData("deploy iris --health-url http://127.0.0.1:9/", "error: --health-url needs --url. (usage)", "")]
    [InlineData("deploy iris --startup-timeout 1m", "error: --startup-timeout, --repeatable, --served-name and --openai-path need --url or --server. (usage)", "")]
    [InlineData("deploy iris --repeatable", "error: --startup-timeout, --repeatable,", "")]
    [InlineData("deploy iris --served-name a/b", "error: --startup-timeout, --repeatable,", "")]
    [InlineData("deploy iris --openai-path classify", "error: --startup-timeout, --repeatable,", "")]
    [InlineData("deploy iris --health-path /health", "error: --health-path and --min-ready need --server. (usage)", "")]
    [InlineData("deploy iris --min-ready 2", "error: --health-path and --min-ready need --server. (usage)", "")]
    [InlineData("deploy iris --url http://127.0.0.1:9 --server http://127.0.0.1:8", "error: --server, --health-path and --min-ready say it otherwise", "")]
    [InlineData("deploy iris --wait=soon", "error: \"soon\" is no time: write 30s, 15m or 1h.", "")]
    [InlineData("predict iris @/nowhere/at/all", "error: The file /nowhere/at/all can't be read", "")]
    [InlineData("context use nobody", "error: There is no context nobody. `ork context list` lists them. (usage)", "")]
    [InlineData("completion tcsh", "error: There is no completion for tcsh", "")]
    [InlineData("api GET //elsewhere.example/", "error: The path is", "")]
    public async Task Ork_K2_usage_is_2(string line, string first, string last)
    {
        var run = await node.Ork(line.Split(' '));

        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.StartsWith(first, run.Error, StringComparison.Ordinal);
        Assert.Contains(last, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_not_allowed_is_3()
    {
        var viewer = (await node.Registry.CreateApiKey(new CreateApiKeyRequest { Name = node.NewName(), Role = "viewer" })).Key;

        var forbidden = await node.Ork(
            new Around { Variables = { ["ORK_API_KEY"] = viewer } },
            "deploy",
            node.NewName());
        var unknown = await node.Ork(new Around { Variables = { ["ORK_API_KEY"] = "no-key" } }, "models");

        Assert.Equal((3, 3), (forbidden.Code, unknown.Code));
        Assert.Contains("(forbidden)", forbidden.Error, StringComparison.Ordinal);
        Assert.Contains("`ork whoami` shows your role.", forbidden.Error, StringComparison.Ordinal);
        Assert.Contains("Log in with `ork login`", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_not_found_is_4_and_refused_is_5()
    {
        var missing = await node.Ork("show", "nobody-s");
        Assert.Equal(4, missing.Code);
        var lines = missing.Error.Split('\n');
        Assert.Matches(@"^error: .+ \(model_not_found\)$", lines[0]);
        Assert.Matches("^  request [0-9a-f]{32}$", lines[1]);
        Assert.Equal("  `ork models` lists the models.", lines[2]);

        var refused = await node.Ork("rollback", (await Deploy()).ModelName);
        Assert.Equal(5, refused.Code);
        Assert.Contains("(no_previous_primary)", refused.Error, StringComparison.Ordinal);

        var invalid = await node.Ork("deploy", node.NewName(), "--version", "one");
        Assert.Equal(5, invalid.Code);
        Assert.Contains("\n  version: ", invalid.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_unreachable_is_6_and_a_model_s_error_is_1()
    {
        var nowhere = new Around { Variables = { ["ORK_URL"] = $"http://127.0.0.1:{RegistryProcess.FreePort()}" } };
        var unreachable = await node.Ork(nowhere, "models");
        Assert.Equal(6, unreachable.Code);
        Assert.Contains("is tried again in", unreachable.Error, StringComparison.Ordinal);
        Assert.Contains("(connection_failed)\n  Is the registry running", unreachable.Error, StringComparison.Ordinal);

        await using var model = await PlayedServer.Start("""{"error":"\u001b[2J"}""", 500);
        var version = await Deploy(model.Url);
        var run = await node.Ork("predict", version.Id, "{}");
        Assert.Equal((1, ""), (run.Code, run.Out));
        Assert.Contains("(model_error)", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact]
    public async Task Ork_K2_an_unknown_outcome_is_7()
    {
        var name = node.NewName();
        using var proxy = new FaultProxy(node.Url.Port);
        var around = new Around { Variables = { ["ORK_URL"] = proxy.Url.AbsoluteUri } };
        for (var tries = 0; tries < 4; tries++)
        {
            proxy.Plan.Enqueue(Fault.Swallowed);
        }

        var deployed = await node.Ork(around, "deploy", name);
        Assert.Equal(7, deployed.Code);
        var key = System.Text.RegularExpressions.Regex.Match(deployed.Error, "--idempotency-key ([0-9a-f]{32})").Groups[1].Value;
        Assert.Equal(
            "0.1.0",
            System.Text.Json.JsonElement.Parse((await node.Ork("deploy", name, "--idempotency-key", key, "--json")).Data).GetProperty("version").GetString());
        Assert.Equal("", (await node.Ork("versions", name, "-q")).Data.Split('\n')[1]);

        proxy.Plan.Enqueue(Fault.Swallowed);
        var created = await node.Ork(around, "keys", "create", name, "--role", "viewer");
        Assert.Equal(7, created.Code);
        Assert.Contains("(outcome_unknown)", created.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_started_but_failed_is_8()
    {
        var run = await node.Ork(
            "deploy", node.NewName(), "--publish", "--wait", "--json", "--url", "http://127.0.0.1:9/", "--health-url",
            "http://127.0.0.1:9/health",
            "--startup-timeout", "1s");

        Assert.Equal((8, ""), (run.Code, run.Out));
        Assert.Contains("(start_failed)", run.Error, StringComparison.Ordinal);
        Assert.Contains("Mend the server, then: ork activate ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_an_interrupted_command_is_130()
    {
        var name = (await Deploy()).ModelName;
        using var interrupted = new CancellationTokenSource();
        var around = new Around { Cancelled = interrupted.Token, OnOutput = _ => interrupted.Cancel() };

        var run = await node.Ork(around, "watch", name, "--after", "0", "--json");

        Assert.Equal(130, run.Code);
        Assert.Contains("\"type\":\"model.created\"", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Ork_K7_every_code_has_a_next_step(string code) => Assert.NotNull(Output.ErrorText.NextStep(code));

    private Task<ModelVersion> Deploy(Uri? serving = null)
    {
        var body = new RestClient.Deployment { ModelName = node.NewName() };
        if (serving is not null)
        {
            body.Serving = new RestClient.ServingSpec { Url = serving.AbsoluteUri };
        }

        return node.Registry.Deploy(body);
    }
}
