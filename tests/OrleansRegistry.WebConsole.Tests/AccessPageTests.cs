namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Keys, workspaces and webhooks by forms, without scripts.</summary>
[Collection(OnOneNode.Name)]
public sealed class AccessPageTests(ConsoleNode node)
{
    [Fact]
    public async Task A_key_is_shown_once_lets_in_and_is_revoked()
    {
        var name = $"key {Guid.NewGuid():N}";
        var browser = await node.SignIn();
        var form = (await browser.Open(Links.Access + "/new")).Is(200);

        var made = (await browser.Submit(form, "Make the key", ("name", name), ("role", "viewer"))).Is(200);

        var key = made.Document.QuerySelector(".secret code")!.TextContent;
        Assert.Equal("no-store", made.Headers["Cache-Control"]);
        (await (await node.SignIn(key)).Open(Links.Root)).Is(200);
        var list = await browser.Open(Links.Access);
        Assert.Contains(name, list.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(key, list.Html, StringComparison.Ordinal);
        var revoke = await browser.Open(list.Document.QuerySelector($"[aria-label='Revoke {name}']")!.GetAttribute("href")!);
        Assert.Contains("refused at once", revoke.Text, StringComparison.Ordinal);
        var done = (await browser.Submit(revoke, $"Revoke {name} for ever", ("comment", "A laptop was lost."))).Is(303);
        var after = await browser.Open(done.Location!);
        Assert.Equal($"The key {name} is revoked.", after.Receipt);
        Assert.Null(after.Document.QuerySelector($"[aria-label='Revoke {name}']"));
        (await new Browser(node).Post(Links.SignIn, [("key", key)])).Is(401);
    }

    [Fact]
    public async Task A_rotated_key_has_a_successor_that_is_shown_once()
    {
        var name = $"rotated {Guid.NewGuid():N}";
        var browser = await node.SignIn();
        await browser.Submit(await browser.Open(Links.Access + "/new"), "Make the key", ("name", name), ("role", "deployer"));
        var list = await browser.Open(Links.Access);

        var rotate = await browser.Open(list.Document.QuerySelector($"[aria-label='Rotate {name}']")!.GetAttribute("href")!);
        var made = (await browser.Submit(rotate, "Make the new key")).Is(200);

        var key = made.Document.QuerySelector(".secret code")!.TextContent;
        (await (await node.SignIn(key)).Open(Links.Root)).Is(200);
    }

    [Fact]
    public async Task What_is_wrong_with_a_form_stands_beside_its_field_and_the_rest_is_kept()
    {
        var browser = await node.SignIn();
        var form = await browser.Open(Links.Access + "/new");

        var refused = (await browser.Submit(form, "Make the key", ("name", "kept"), ("role", "invoker"), ("expires_at", "tomorrow"))).Is(400);

        Assert.Equal("Nothing was done. Look at the marked fields.", refused.Problem);
        var field = refused.Document.QuerySelector("#expires_at")!;
        Assert.Equal("true", field.GetAttribute("aria-invalid"));
        Assert.Equal("tomorrow", field.GetAttribute("value"));
        var said = refused.Document.GetElementById(field.GetAttribute("aria-describedby")!.Split(' ')[0])!;
        Assert.NotEmpty(said.TextContent);
        Assert.Equal("kept", refused.Document.QuerySelector("#name")!.GetAttribute("value"));
        Assert.Null(refused.Document.QuerySelector("#name")!.GetAttribute("aria-invalid"));
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("deployer")]
    public async Task Keys_and_webhooks_are_an_admins_and_workspaces_an_operators(string role)
    {
        var browser = await node.SignIn(await node.NewKey(role));
        foreach (var path in (string[])[Links.Access, Links.Access + "/new", Links.Webhooks, Links.Webhooks + "/new", Links.Workspaces])
        {
            (await browser.Open(path)).Is(403);
        }

        var sessions = (await browser.Open(Links.Sessions)).Is(200);
        Assert.Equal("Sessions", Assert.Single(sessions.Document.QuerySelectorAll(".tabs a")).TextContent);
        var admin = await node.SignIn(await node.NewKey("admin"));
        (await admin.Open(Links.Access)).Is(200);
        (await admin.Open(Links.Workspaces)).Is(403);
    }

    [Fact]
    public async Task A_workspace_is_made_and_leads_to_its_first_key()
    {
        var name = $"w{Guid.NewGuid():N}"[..20];
        var browser = await node.SignIn();
        var page = (await browser.Open(Links.Workspaces)).Is(200);

        (await browser.Submit(page, "Make the workspace", ("name", "Not A Name"))).Is(400);
        var done = (await browser.Submit(page, "Make the workspace", ("name", name))).Is(303);
        var after = await browser.Open(done.Location!);

        Assert.Equal($"The workspace {name} is made.", after.Receipt);
        var form = await browser.Open(after.Document.QuerySelector(".receipt a")!.GetAttribute("href")!);
        Assert.Equal(name, form.Document.QuerySelector("#workspace")!.GetAttribute("value"));
    }

    [Fact]
    public async Task A_webhook_is_made_changed_told_again_and_deleted()
    {
        var browser = await node.SignIn();
        var form = (await browser.Open(Links.Webhooks + "/new")).Is(200);
        var url = $"{node.ServerUrl}/{Guid.NewGuid():N}";
        Assert.Contains("http", (await browser.Submit(form, "Make the webhook", ("url", "ftp://x"))).Is(400).Text, StringComparison.Ordinal);

        var made = (await browser.Submit(form, "Make the webhook", ("url", url), ("types", "version.published"), ("types", "primary.changed"))).Is(200);

        Assert.StartsWith("whsec_", made.Document.QuerySelector(".secret code")!.TextContent, StringComparison.Ordinal);
        await node.Deploy($"told {Guid.NewGuid():N}");
        var address = made.Document.QuerySelector("main a.button")!.GetAttribute("href")!;
        var shown = (await browser.Open(address)).Is(200);
        Assert.Contains("version.published, primary.changed", shown.Text, StringComparison.Ordinal);
        Assert.NotEmpty(shown.Document.QuerySelector("#from")!.GetAttribute("value")!);

        var again = (await browser.Submit(shown, "Deliver again")).Is(303);
        Assert.Contains("are delivered again", (await browser.Open(again.Location!)).Receipt, StringComparison.Ordinal);
        (await browser.Submit(shown, "Deliver again", ("from", "0"))).Is(400);

        var edit = (await browser.Open(address + "/edit")).Is(200);
        Assert.Equal(2, edit.Document.QuerySelectorAll("[name=types][checked]").Length);
        var changed = await browser.Submit(edit, "Change the webhook", ("types", "version.failed"), ("state", "disabled"));
        var after = await browser.Open(changed.Is(303).Location!);
        Assert.Contains("version.failed", after.Text, StringComparison.Ordinal);
        Assert.Contains("disabled", after.Text, StringComparison.Ordinal);

        var drawn = await browser.Submit(await browser.Open(address + "/rotate"), "Draw a new secret");
        Assert.Contains("the one before it, too, until", drawn.Is(200).Text, StringComparison.Ordinal);
        var gone = await browser.Submit(await browser.Open(address + "/delete"), "Delete the webhook for ever");
        Assert.Equal($"The webhook to {url} is deleted.", (await browser.Open(gone.Is(303).Location!)).Receipt);
        (await browser.Open(address)).Is(404);
    }
}
