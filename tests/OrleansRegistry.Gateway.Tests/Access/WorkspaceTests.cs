using System.Text;
using System.Text.RegularExpressions;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Access;

/// <summary>Workspaces don't see each other (rule E2): what is in another one is answered exactly like what does not exist.</summary>
public sealed partial class WorkspaceTests(SqliteServer server) : IClassFixture<SqliteServer>, IAsyncLifetime
{
    private const string NoModel = "0000000000";
    private const string NoKey = "00000000";

    private readonly RegistryDriver _owner = server.Driver;
    private readonly string _name = RegistryDriver.NewName();
    private Backend? _backend;
    private RegistryDriver? _foreigner;
    private string _workspace = "";
    private string _model = "";
    private string _webhook = "";
    private string _prefix = "";

    private RegistryDriver Foreigner => _foreigner!;

    public async ValueTask InitializeAsync()
    {
        _backend = await Backend.Start(http => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(http.Response, "secret"));
        _model = (await _owner.DeployPrimary(_name, _backend.Serving())).Is(201)["model_id"]!;
        await _owner.DeployPrimary(_name, _backend.Serving());
        _webhook = (await _owner.Post("/v1/webhooks", $$"""{"url":"{{_backend.Url}}","types":["model.deleted"]}""")).Is(201)["webhook.id"]!;
        _prefix = (await _owner.Post("/v1/api_keys", """{"name":"theirs","role":"viewer"}""")).Is(201)["api_key.prefix"]!;
        _workspace = $"w{Guid.NewGuid():N}";
        (await _owner.Post("/v1/workspaces", $$"""{"name":"{{_workspace}}"}""")).Is(201);
        _foreigner = server.DriverOf(await NewKey("admin"));
    }

    public ValueTask DisposeAsync() => _backend!.DisposeAsync();

    [Fact]
    public async Task E2_by_every_route_what_is_elsewhere_is_answered_like_what_is_not_there_and_stays_as_it_is()
    {
        var before = await server.Dump();
        var seen = 0;
        foreach (var (method, pattern, needs) in RouteTable.All.Where(route => route.Needs is not (RouteTable.Anybody or "Operate") && route.Method != "CONNECT"))
        {
            foreach (var byName in (bool[])[false, true])
            {
                var theirs = await Send(method, Fill(pattern, byName ? Uri.EscapeDataString(_name) : _model, _model, _webhook, _prefix), Body(method, pattern, _name));
                var nobodys = await Send(method, Fill(pattern, byName ? "No%20such%20model" : NoModel, NoModel, NoModel, NoKey), Body(method, pattern, "No such model"));

                Assert.Equal(nobodys.Status, theirs.Status);
                Assert.Equal(Masked(nobodys), Masked(theirs));
                Assert.DoesNotContain("secret", theirs.Text, StringComparison.Ordinal);
                Assert.DoesNotContain(_prefix, Masked(theirs), StringComparison.Ordinal);
                // Months are everybody's, and so is any file that somebody uploads.
                var namesObject = pattern.Contains('{', StringComparison.Ordinal) && !pattern.Contains("{month}", StringComparison.Ordinal)
                    && (method, pattern) != ("PATCH", "/v1/artifacts/files/{sha256}");
                if (namesObject)
                {
                    seen++;
                    var isV2 = byName && method == "DELETE" && pattern == "/v1/models/{model}";
                    Assert.True(theirs.Status == 404 || isV2, $"{method} {pattern} by {needs}: {theirs.Status} {theirs.Text}");
                }
            }
        }

        Assert.True(seen > 60, $"{seen}");
        Assert.Equal(RowsOf("default", before), RowsOf("default", await server.Dump()));
    }

    [Fact]
    public async Task E2_lists_usage_and_events_hold_only_ones_own()
    {
        var mine = (await Foreigner.Deploy(_name)).Is(201)["model_id"]!;
        Assert.NotEqual(_model, mine);

        Assert.Equal([mine], (await Foreigner.All("/v1/models")).Select(model => (string)model["id"]!));
        Assert.All(await Foreigner.All("/v1/events"), happened => Assert.Equal(_workspace, (string)happened["workspace"]!));
        Assert.Empty((await Foreigner.Get("/v1/webhooks")).Is(200).Body!["items"]!.AsArray());
        Assert.DoesNotContain(_prefix, (await Foreigner.Get("/v1/api_keys")).Is(200).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_model, (await Foreigner.Get("/v1/billing/usage?group_by=version")).Is(200).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(await _owner.All("/v1/models"), model => (string)model["id"]! == mine);
    }

    [Fact]
    public async Task E2_idempotency_keys_and_page_tokens_do_not_cross()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var theirs = (await _owner.TryDeploy(_name, "", key)).Is(201);
        var mine = (await Foreigner.TryDeploy(_name, "", key)).Is(201);
        Assert.Null(mine.Header("Idempotency-Replayed"));
        Assert.NotEqual(theirs["id"], mine["id"]);

        var token = (await _owner.Get("/v1/events?page_size=1")).Is(200)["next_page_token"]!;
        (await _owner.Get("/v1/events?page_size=1&page_token=" + token)).Is(200);
        (await Foreigner.Get("/v1/events?page_size=1&page_token=" + token)).IsInvalid("page_token");
    }

    [Fact]
    public async Task E2_only_an_operator_acts_for_another_workspace_and_only_with_keys()
    {
        (await Foreigner.Post("/v1/api_keys", """{"name":"x","role":"viewer","workspace":"default"}""")).IsProblem(404, ErrorCode.WorkspaceNotFound);
        (await Foreigner.Post("/v1/api_keys", """{"name":"x","role":"viewer","workspace":"nowhere"}""")).IsProblem(404, ErrorCode.WorkspaceNotFound);
        (await Foreigner.Get("/v1/api_keys?workspace=default")).IsProblem(404, ErrorCode.WorkspaceNotFound);
        (await _owner.Post("/v1/api_keys", """{"name":"x","role":"viewer","workspace":"nowhere"}""")).IsProblem(404, ErrorCode.WorkspaceNotFound);
        (await _owner.Get("/v1/api_keys?workspace=nowhere")).IsProblem(404, ErrorCode.WorkspaceNotFound);
        (await _owner.Get("/v1/api_keys?workspace=No%20name")).IsInvalid("workspace");
        Assert.Contains((await _owner.Get("/v1/api_keys?workspace=" + _workspace)).Is(200).Body!["items"]!.AsArray(), key => (string)key!["role"]! == "admin");
    }

    [Fact]
    public async Task Workspaces_are_listed_in_pages_by_name()
    {
        var names = Enumerable.Range(0, 3).Select(n => $"{_workspace}-{n}").ToList();
        foreach (var name in names)
        {
            (await _owner.Post("/v1/workspaces", $$"""{"name":"{{name}}"}""")).Is(201);
        }

        var listed = (await _owner.All("/v1/workspaces", pageSize: 2)).Select(workspace => (string)workspace["name"]!).ToList();

        Assert.Equal([_workspace, .. names], listed.Where(name => name.StartsWith(_workspace, StringComparison.Ordinal)));
        Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        var keys = (await _owner.Get("/v1/api_keys?page_size=1")).Is(200)["next_page_token"]!;
        (await _owner.Get($"/v1/workspaces?page_size=1&page_token={keys}")).IsInvalid("page_token");
    }

    [Fact]
    public async Task E3_a_name_that_no_workspace_can_have_is_refused()
    {
        foreach (var name in (string[])["", "-", "-a", "A", "a/b", "a b", "ä", new string('a', 64)])
        {
            (await _owner.Post("/v1/workspaces", $$"""{"name":"{{name}}"}""")).IsInvalid("name");
        }
    }

    private async Task<string> NewKey(string role) =>
        (await _owner.Post("/v1/api_keys", $$"""{"name":"foreign","role":"{{role}}","workspace":"{{_workspace}}"}""")).Is(201)["key"]!;

    private async Task<Reply> Send(string method, string path, string? body)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await Foreigner.Send(new HttpMethod(method), path, content);
    }

    private static string? Body(string method, string pattern, string name) => method switch
    {
        "PATCH" => """{"description":"changed"}""",
        "PUT" when pattern.EndsWith("/servers", StringComparison.Ordinal) => """{"servers":[{"url":"http://127.0.0.1:9"}]}""",
        "PUT" when pattern.EndsWith("/aliases/{alias}", StringComparison.Ordinal) => """{"version":"0.1.0"}""",
        "PUT" => "{}",
        "POST" when pattern.EndsWith("completions", StringComparison.Ordinal) || pattern.EndsWith("embeddings", StringComparison.Ordinal) => $$"""{"model":"{{name}}"}""",
        "POST" when pattern is "/v1/model_versions" or "/v1/api_keys" or "/v1/webhooks" => """{"no_field":1}""",
        _ => null,
    };

    private static string Fill(string pattern, string reference, string model, string webhook, string prefix)
    {
        var path = pattern.Replace("{model}", reference, StringComparison.Ordinal)
            .Replace("{id}", pattern.Contains("webhooks", StringComparison.Ordinal) ? webhook : model + "-1", StringComparison.Ordinal)
            .Replace("{number}", "0.1.0", StringComparison.Ordinal)
            .Replace("{version}", "0.1.0", StringComparison.Ordinal)
            .Replace("{alias}", "staging", StringComparison.Ordinal)
            .Replace("{prefix}", prefix, StringComparison.Ordinal)
            .Replace("{month}", "2001-01", StringComparison.Ordinal)
            .Replace("{**rest}", "a/b", StringComparison.Ordinal);
        return pattern.EndsWith("/redeliver", StringComparison.Ordinal) ? path + "?from=1" : path;
    }

    /// <summary>The whole answer, but for what was asked for, the request's own id and the time of day.</summary>
    private string Masked(Reply reply) => Varying().Replace(reply.Text, "…")
        .Replace(_name, "?", StringComparison.Ordinal).Replace("No such model", "?", StringComparison.Ordinal)
        .Replace(_model, "?", StringComparison.Ordinal).Replace(NoModel, "?", StringComparison.Ordinal)
        .Replace(_webhook, "?", StringComparison.Ordinal).Replace(_prefix, "?", StringComparison.Ordinal).Replace(NoKey, "?", StringComparison.Ordinal);

    /// <summary>The rows of a workspace; that a key was used is noted in them.</summary>
    private static IEnumerable<string> RowsOf(string workspace, string dump) =>
        dump.Split('\n').Where(row => row.Contains($"/{workspace}/", StringComparison.Ordinal) || row.Contains($"|{workspace}|", StringComparison.Ordinal))
            .Where(row => !row.StartsWith("key/", StringComparison.Ordinal));

    [GeneratedRegex("""
        "(trace_id|as_of|to)":"[^"]*"
        """)]
    private static partial Regex Varying();
}
