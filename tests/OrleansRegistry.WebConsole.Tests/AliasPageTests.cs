namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Aliases by forms, without scripts.</summary>
[Collection(OnOneNode.Name)]
public sealed class AliasPageTests(ConsoleNode node)
{
    [Fact]
    public async Task AL3_an_alias_is_made_set_rolled_back_and_removed()
    {
        var id = await TwoVersions();
        var browser = await node.SignIn();
        var list = await browser.Open(Links.Model(id, "/aliases"));
        Assert.Contains("No alias yet.", list.Text, StringComparison.Ordinal);

        var made = await browser.Submit(list, "Set the alias", ("alias", "staging"), ("version", "0.1.0"), ("comment", "To be tried"));
        var after = await browser.Open(made.Is(303).Location!);
        Assert.Equal("@staging points to 0.1.0.", after.Receipt);
        Assert.Equal("@staging", Tags(after, "0.1.0"));
        Assert.Equal("", Tags(after, "0.2.0"));
        Assert.Contains("To be tried", after.Text, StringComparison.Ordinal);

        var page = await browser.Open(Links.Alias(id, "staging"));
        var set = await browser.Submit(page, "Set the alias", ("version", "@primary"));
        after = await browser.Open(set.Is(303).Location!);
        Assert.Equal("@staging points to 0.2.0.", after.Receipt!.Split(" Roll")[0]);
        Assert.Equal("0.2.0", await Target(id));
        var moved = await browser.Open(Links.Alias(id, "staging"));
        Assert.Equal("0.1.0", Assert.Single(moved.Document.QuerySelectorAll(".items a")).TextContent);

        var back = await browser.Open(after.Document.QuerySelector(".receipt a")!.GetAttribute("href")!);
        Assert.Contains("Calls of @staging get 0.1.0 instead of 0.2.0.", back.Text, StringComparison.Ordinal);
        (await browser.Submit(back, "Roll back to 0.1.0")).Is(303);
        Assert.Equal("0.1.0", await Target(id));

        var remove = await browser.Open(Links.Alias(id, "staging", "/remove"));
        Assert.Contains("Calls of @staging are refused.", remove.Text, StringComparison.Ordinal);
        (await browser.Submit(remove, "Remove @staging")).Is(303);
        Assert.Equal(404, (await browser.Open(Links.Alias(id, "staging"))).Status);
        Assert.Equal("", Tags(await browser.Open(Links.Model(id)), "0.1.0"));
    }

    [Theory]
    [InlineData("alias", "Staging!", "0.1.0", 400)]
    [InlineData("alias", "a/b", "0.1.0", 400)]
    [InlineData("version", "staging", "^1", 400)]
    [InlineData("version", "staging", "", 400)]
    public async Task AL1_what_is_wrong_stands_beside_its_field(string field, string alias, string version, int status)
    {
        var id = await TwoVersions();
        var browser = await node.SignIn();

        var refused = await browser.Submit(
            await browser.Open(Links.Model(id, "/aliases")), "Set the alias", ("alias", alias), ("version", version));

        Assert.NotNull(refused.Is(status).Document.QuerySelector($"#{field}-error"));
        Assert.Equal(alias, refused.Document.QuerySelector("#alias")!.GetAttribute("value"));
        Assert.Empty((await node.Api("GET", $"/v1/models/{id}"))["aliases"]!.AsArray());
    }

    [Fact]
    public async Task AL3_an_alias_that_was_moved_meanwhile_stays_where_it_is()
    {
        var id = await TwoVersions();
        await node.Api("PUT", $"/v1/models/{id}/aliases/staging", """{"version":"0.1.0"}""");
        var browser = await node.SignIn();
        var list = await browser.Open(Links.Model(id, "/aliases"));
        var page = await browser.Open(Links.Alias(id, "staging"));
        var remove = await browser.Open(Links.Alias(id, "staging", "/remove"));
        await node.Api("PUT", $"/v1/models/{id}/aliases/staging", """{"version":"0.2.0"}""");

        foreach (var refused in (Page[])
        [
            await browser.Submit(list, "Set the alias", ("alias", "staging"), ("version", "0.1.0")),
            await browser.Submit(page, "Set the alias", ("version", "0.1.0")),
            await browser.Submit(remove, "Remove @staging"),
        ])
        {
            Assert.Contains("Nothing was done", refused.Is(409).Problem, StringComparison.Ordinal);
        }

        Assert.Equal("0.2.0", await Target(id));
    }

    [Fact]
    public async Task AL6_a_protected_alias_is_moved_by_admins_alone()
    {
        var id = await TwoVersions();
        await node.Api("PUT", $"/v1/models/{id}/aliases/production", """{"version":"0.1.0","protected":true}""");
        var deployer = await node.SignIn(await node.NewKey("deployer"));
        var page = await deployer.Open(Links.Alias(id, "production"));
        Assert.Contains("The alias is protected: only an admin moves it.", page.Text, StringComparison.Ordinal);
        Assert.Null(page.Document.QuerySelector(".fields"));
        Assert.Null((await deployer.Open(Links.Alias(id, "production", "/remove"))).Document.QuerySelector(".confirm form"));
        Assert.Null((await deployer.Open(Links.Model(id, "/aliases"))).Document.QuerySelector("[name=protected]"));

        var admin = await node.SignIn();
        var form = await admin.Open(Links.Alias(id, "production"));
        Assert.True(form.Document.QuerySelector("[name=protected]")!.HasAttribute("checked"));
        var from = form.Document.QuerySelector("[name=from]")!.GetAttribute("value")!;
        (await admin.Post(Links.Alias(id, "production"), [("from", from), ("version", "0.2.0")])).Is(303);

        var alias = (await node.Api("GET", $"/v1/models/{id}"))["aliases"]![0]!;
        Assert.Equal(("0.2.0", false), ((string?)alias["version"], (bool)alias["protected"]!));
    }

    private static string Tags(Page page, string number) => page.Document.QuerySelectorAll(".versions .version")
        .Single(version => version.QuerySelector(".number")!.TextContent == number)
        .QuerySelector(".aliases")?.TextContent ?? "";

    private async Task<string?> Target(string id) => (string?)(await node.Api("GET", $"/v1/models/{id}/aliases/staging"))["version"];

    private async Task<string> TwoVersions()
    {
        var name = $"aliases {Guid.NewGuid():N}";
        await node.Deploy(name);
        return (string)(await node.Deploy(name))["model_id"]!;
    }
}
