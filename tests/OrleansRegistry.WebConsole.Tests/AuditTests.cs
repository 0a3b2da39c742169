namespace OrleansRegistry.WebConsole.Tests;

/// <summary>What a browser's session is refused and shown, in the audit of the node.</summary>
[Collection(OnOneNode.Name)]
public sealed class AuditTests(ConsoleNode node)
{
    private static readonly (string, string) Proxied = ("X-Forwarded-For", "198.51.100.7");

    [Fact]
    public async Task A9_a_sign_in_is_a_line_and_so_is_one_with_a_key_that_is_too_low()
    {
        var (viewer, invoker) = (await node.NewKey("viewer"), await node.NewKey("invoker"));

        await node.SignIn(viewer);
        (await new Browser(node).Post(Links.SignIn, [("key", invoker)])).Is(403);

        Assert.Equal(["secret_shown /console/sign-in "], Lines(viewer));
        Assert.Equal(["refused /console/sign-in forbidden"], Lines(invoker));
    }

    [Theory]
    [InlineData(Links.Access)]
    [InlineData(Links.Workspaces)]
    public async Task A9_a_page_that_is_forbidden_is_one_line(string page)
    {
        var key = await node.NewKey("viewer");
        var browser = await node.SignIn(key);

        (await browser.Send(HttpMethod.Get, page, null, ("Sec-Fetch-Site", "same-origin"), Proxied)).Is(403);

        var line = node.Audit.Of(Caller(key))[^1];
        Assert.Equal(2, node.Audit.Of(Caller(key)).Count);
        Assert.Equal(("forbidden", page, "198.51.100.7"), ((string?)line["code"], (string?)line["path"], (string?)line["address"]));
    }

    [Fact]
    public async Task A9_a_refused_command_and_a_secret_are_told_of_as_the_interface_does_it_with_the_browsers_address()
    {
        var key = await node.NewKey("admin");
        var browser = await node.SignIn(key);
        var form = (await browser.Open(Links.Access + "/new")).Is(200);
        (string, string)[] headers = [("Sec-Fetch-Site", "same-origin"), Proxied];
        var action = form.Document.QuerySelector("main form")!.GetAttribute("action")!;

        (await browser.Send(HttpMethod.Post, action, [("name", "x"), ("role", "operator")], headers)).Is(403);
        (await browser.Send(HttpMethod.Post, action, [("name", ""), ("role", "viewer")], headers)).Is(400);
        (await browser.Send(HttpMethod.Post, action, [("name", "x"), ("role", "viewer")], headers)).Is(200);

        Assert.Equal(
            ["refused /v1/api_keys forbidden", "refused /v1/api_keys validation_failed", "secret_shown /v1/api_keys "],
            Lines(key).Skip(1));
        Assert.All(node.Audit.Of(Caller(key)).Skip(1), line => Assert.Equal("198.51.100.7", (string?)line["address"]));
    }

    [Fact]
    public async Task A9_a_form_that_asks_for_several_things_is_one_line()
    {
        var model = $"tried and sent {Guid.NewGuid():N}";
        var id = (string)(await node.Deploy(model))["id"]!;
        var key = await node.NewKey("viewer");
        var browser = await node.SignIn(key);

        // The command is tried before it is sent, and both are forbidden.
        (await browser.Post(Links.Command(model, "0.1.0", "deactivate"), [("if_match", "\"1\"")])).Is(403);

        Assert.Equal([$"refused /v1/model_versions/{id}/deactivate forbidden"], Lines(key).Skip(1));
    }

    [Fact]
    public async Task A9_a_page_that_shows_what_a_command_would_do_is_no_line()
    {
        var model = $"shown {Guid.NewGuid():N}";
        await node.Deploy(model);
        var key = await node.NewKey("admin");
        var browser = await node.SignIn(key);

        (await browser.Open(Links.Command(model, "0.1.0", "deactivate"))).Is(200);

        Assert.Single(Lines(key));
    }

    private static string Caller(string key) => "key:" + key.Split('_')[1];

    private List<string> Lines(string key) => [.. node.Audit.Of(Caller(key)).Select(line => $"{line["event"]} {line["path"]} {line["code"]}")];
}
