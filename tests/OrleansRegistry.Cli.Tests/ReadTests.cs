using System.Text;
using OrleansRegistry.RestClient;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Rule K1: data on standard output; tables for people, documents with --json, ids with -q.</summary>
public sealed class ReadTests(Node node)
{
    /// <summary>Every command that reads, with the request whose document it prints.</summary>
    private static readonly (string Command, string Path)[] Reads =
    [
        ("whoami", "/v1/me"),
        ("server", "/v1/server"),
        ("environments", "/v1/environments"),
        ("models NAME", "/v1/models?q=NAME"),
        ("show NAME", "/v1/models/NAME"),
        ("show NAME@0.1.0", "/v1/models/NAME/versions/0.1.0"),
        ("versions NAME", "/v1/models/NAME/versions"),
        ("versions NAME --state draft", "/v1/models/NAME/versions?state=draft"),
        ("resolve NAME@^0.1", "/v1/models/NAME/resolve?version=%5E0.1"),
        ("resolve NAME@^0.1 --explain", "/v1/models/NAME/resolve?version=%5E0.1&explain=true"),
        ("traffic NAME", "/v1/model_versions/ID/traffic"),
        ("events NAME", "/v1/models/NAME/events"),
        ("logs NAME@0.1.0", "/v1/model_versions/ID/logs"),
        ("usage --from 2026-01-01 --to 2026-01-02", "/v1/billing/usage?from=2026-01-01&to=2026-01-02"),
        ("statement 2026-01", "/v1/billing/statements/2026-01"),
        ("rates get", "/v1/billing/rates"),
        ("keys list --workspace WORKSPACE", "/v1/api_keys?workspace=WORKSPACE"),
        ("webhooks show HOOK", "/v1/webhooks/HOOK"),
        ("webhooks deliveries HOOK", "/v1/webhooks/HOOK/deliveries"),
    ];

    [Fact]
    public async Task Ork_K1_json_is_the_document_of_the_interface()
    {
        var (name, version, hook, workspace) = await Prepare();
        var all = new StringBuilder();
        foreach (var (command, path) in Reads)
        {
            string Filled(string text) => text.Replace("NAME", name, StringComparison.Ordinal).Replace(
                "ID",
                version,
                StringComparison.Ordinal)
                .Replace("HOOK", hook, StringComparison.Ordinal).Replace(
                    "WORKSPACE",
                    workspace,
                    StringComparison.Ordinal);

            var run = await node.Ork([.. Filled(command).Split(' '), "--json"]);
            var same = await node.Ork("api", "GET", Filled(path));
            Assert.Equal(Golden.Masked(same.Data), Golden.Masked(run.Data));
            Assert.Equal("", run.Error);
            all.Append("$ ork ").Append(command).Append(" --json\n").Append(Golden.Masked(run.Data).Replace(name, "NAME", StringComparison.Ordinal)
                .Replace(workspace, "WORKSPACE", StringComparison.Ordinal));
        }

        Golden.Verify("json.txt", all.ToString());
    }

    [Theory]
    [InlineData("models")]
    [InlineData("statement")]
    [InlineData("webhooks list")]
    [InlineData("workspaces list")]
    [InlineData("events --last 2")]
    public async Task Ork_K1_lists_that_others_add_to_are_pages_too(string command)
    {
        await node.Registry.Deploy(new RestClient.Deployment { ModelName = node.NewName() });

        var json = (await node.Ork([.. command.Split(' '), "--json"])).Data;

        var page = System.Text.Json.JsonElement.Parse(json);
        Assert.Equal(System.Text.Json.JsonValueKind.Array, page.GetProperty("items").ValueKind);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, page.GetProperty("next_page_token").ValueKind);
    }

    [Fact]
    public async Task Ork_K1_tables_are_for_people_and_quiet_prints_ids()
    {
        var (name, version, _, _) = await Prepare();

        var table = (await node.Ork("versions", name)).Data.Split('\n');
        Assert.StartsWith("VERSION  STATE", table[0], StringComparison.Ordinal);
        Assert.Matches(
            @"^0\.2\.0    draft      -        -        team=red +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  \S+-2$",
            table[1]);
        Assert.Matches(@"^0\.1\.0    published  \*        -        -  ", table[2]);
        Assert.Equal($"{version}\n", (await node.Ork("show", name + "@0.1.0", "-q")).Data);
        Assert.Equal(
            2,
            (await node.Ork("versions", name, "-q")).Data.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("primary         0.1.0 since", (await node.Ork("show", name)).Data, StringComparison.Ordinal);
        var events = (await node.Ork("events", name, "--last", "1")).Data;
        Assert.Equal(2, events.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("version.deployed", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_explains_which_versions_were_not_taken_in_a_refusal_too()
    {
        var (name, _, _, _) = await Prepare();

        var taken = await node.Ork("resolve", name + "@^0.1", "--explain");
        var refused = await node.Ork("resolve", name + "@^0.2", "--explain");

        Assert.Matches(@"not taken +0\.2\.0 \(draft\): ", taken.Data);
        Assert.Equal(4, refused.Code);
        Assert.Matches(@"not taken +0\.2\.0 \(draft\): ", refused.Error);
    }

    [Fact]
    public async Task Ork_K1_diff_names_what_differs()
    {
        var (name, _, _, _) = await Prepare();

        var lines = (await node.Ork("diff", name + "@0.1.0", name + "@0.2.0")).Data.Split('\n');

        Assert.Contains(
            lines,
            line => line.StartsWith("labels.team", StringComparison.Ordinal)
                && line.EndsWith("red", StringComparison.Ordinal));
        Assert.Contains(
            lines,
            line => line.StartsWith("state", StringComparison.Ordinal)
                && line.Contains("published", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.StartsWith("model_name", StringComparison.Ordinal));
        Assert.Contains(
            "\"member\": \"state\"",
            (await node.Ork("diff", name + "@0.1.0", name + "@0.2.0", "--json")).Data,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K1_a_call_prints_the_model_s_bytes_and_the_version_beside_them()
    {
        await using var model = await PlayedServer.Start(async (context, body) =>
        {
            context.Response.ContentType = "text/plain";
            await context.Response.Body.WriteAsync("\u001b[31mred\0"u8.ToArray());
        });
        var made = await node.Registry.Deploy(
            new RestClient.Deployment { ModelName = node.NewName(), Publish = true, Serving = new RestClient.ServingSpec { Url = new Uri(model.Url, "/predict").AbsoluteUri } });
        var file = node.NewFile();
        await File.WriteAllTextAsync(file, "[2, 2]\n");

        var piped = await node.Ork("predict", made.ModelName, "[1]");
        Assert.Equal(("\u001b[31mred\0", $"{made.ModelName} 0.1.0 ({made.Id})\n"), (piped.Data, piped.Error));
        Assert.Equal(
            "\\u{1B}[31mred\\u{0}\n",
            (await node.Ork(new Around { IsTerminal = true }, "predict", made.Id, "@" + file)).Data);
        await node.Ork(new Around { Input = "[3]" }, "predict", made.ModelName + "@0.1.0", "-");
        Assert.Equal(["[1]", "[2, 2]\n", "[3]"], model.Received.Select(request => request.Body));
    }

    private async Task<(string Name, string Version, string Hook, string Workspace)> Prepare()
    {
        var name = node.NewName();
        var version = await node.Registry.Deploy(new RestClient.Deployment { ModelName = name, Publish = true });
        await node.Registry.Deploy(
            new RestClient.Deployment { ModelName = name, Labels = new Dictionary<string, string?> { ["team"] = "red" } });
        var hook = await node.Registry.CreateWebhook(
            new CreateWebhookRequest { Url = "http://127.0.0.1:9/hook", Types = ["rates.updated"] });
        var workspace = $"w{name.Split('-')[1]}";
        await node.Registry.CreateWorkspace(new CreateWorkspaceRequest { Name = workspace });
        await node.Registry.CreateApiKey(
            new CreateApiKeyRequest { Name = "of a test", Role = "viewer", Workspace = workspace });
        return (name, version.Id, hook.Webhook.Id, workspace);
    }
}
