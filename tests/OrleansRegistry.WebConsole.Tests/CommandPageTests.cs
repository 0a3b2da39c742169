using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Commands by menu and confirmation, without scripts.</summary>
[Collection(OnOneNode.Name)]
public sealed class CommandPageTests(ConsoleNode node)
{
    [Fact]
    public async Task Promote_to_primary_says_what_callers_get_and_can_be_rolled_back()
    {
        var id = await TwoVersions();
        var browser = await node.SignIn();
        var model = await browser.Open(Links.Model(id));
        Assert.Null(model.Menu("0.1.0")["Promote to primary"]);
        Assert.Equal("It is the primary already.", model.Menu("0.2.0")["Promote to primary"]);

        var confirmation = await browser.Open(Links.Command(id, "0.1.0", "promote"));
        Assert.Contains("Calls that name no version get 0.1.0 instead of 0.2.0.", confirmation.Text, StringComparison.Ordinal);
        var done = await browser.Submit(confirmation, "Make 0.1.0 primary", ("comment", "It is\r\nbetter."));
        var after = await browser.Open(done.Is(303).Location!);

        Assert.Equal("0.1.0 is primary.", after.Receipt);
        Assert.Equal("0.1.0", await Primary(id));
        Assert.Null((await browser.Open(Links.Model(id))).Receipt);

        Assert.Equal("It is\nbetter.", (string?)(await node.Api("GET", $"/v1/models/{id}"))["primary"]!["comment"]);

        var back = await browser.Open(Links.Model(id, "/rollback"));
        await browser.Submit(back, "Roll back to 0.2.0");
        Assert.Equal("0.2.0", await Primary(id));
    }

    [Fact]
    public async Task Deactivate_version_lets_one_choose_what_comes_next()
    {
        var name = $"successors {Guid.NewGuid():N}";
        await node.Deploy(name);
        await node.Deploy(name);
        var id = (string)(await node.Deploy(name))["model_id"]!;
        var browser = await node.SignIn();

        var confirmation = await browser.Open(Links.Command(id, "0.3.0", "deactivate"));
        Assert.Contains("Calls that name no version get 0.2.0 instead of 0.3.0.", confirmation.Text, StringComparison.Ordinal);
        var choice = confirmation.Document.QuerySelectorAll("option").Where(option => option.ParentElement!.Id == "promote_to").ToDictionary(option => option.TextContent, option => option.GetAttribute("value")!);
        Assert.Equal(["0.1.0", "0.2.0"], choice.Keys.Order(StringComparer.Ordinal));
        var done = await browser.Submit(confirmation, "Deactivate 0.3.0", ("promote_to", choice["0.1.0"]));
        var after = await browser.Open(done.Is(303).Location!);

        Assert.Equal("0.3.0 is inactive. 0.1.0 is primary.", after.Receipt);
        Assert.Equal("0.1.0", await Primary(id));
        Assert.Equal("Version 0.3.0 is inactive; activate it first.", after.Menu("0.3.0")["Promote to primary"]);

        var again = await browser.Open(after.Document.QuerySelector(".receipt a")!.GetAttribute("href")!);
        await browser.Submit(again, "Activate 0.3.0");
        Assert.Null((await browser.Open(Links.Model(id))).Menu("0.3.0")["Promote to primary"]);
    }

    [Fact]
    public async Task Delete_version_of_the_last_one_takes_the_name_of_the_model_to_confirm()
    {
        var name = $"last {Guid.NewGuid():N}";
        var id = (string)(await node.Deploy(name))["model_id"]!;
        var browser = await node.SignIn();
        var confirmation = await browser.Open(Links.Command(id, "0.1.0", "delete"));
        Assert.Contains("It is the model's last version: the model is deleted with it.", confirmation.Text, StringComparison.Ordinal);

        var refused = await browser.Submit(confirmation, "Delete 0.1.0 for ever", ("confirm", name.ToUpperInvariant()));

        Assert.Contains(name, refused.Is(409).Problem, StringComparison.Ordinal);
        var done = await browser.Submit(refused, "Delete 0.1.0 for ever", ("confirm", name));
        Assert.Equal(Links.Root, done.Is(303).Location);
        Assert.Equal($"0.1.0 is deleted, and the model {name} with it.", (await browser.Open(Links.Root)).Receipt);
        Assert.Equal(410, (await browser.Open(Links.Model(id))).Status);
    }

    [Fact]
    public async Task Delete_version_takes_its_number_to_confirm_if_it_was_called_within_a_day()
    {
        var name = $"called {Guid.NewGuid():N}";
        await node.Deploy(name, $$"""
            "publish":true,"serving":{"url":"{{node.ServerUrl}}"}
            """);
        var id = (string)(await node.Deploy(name))["model_id"]!;
        await node.Api("POST", $"/v1/models/{id}/predict?version=0.1.0", "{}");
        var browser = await node.SignIn();

        Assert.Null((await browser.Open(Links.Command(id, "0.2.0", "delete"))).Document.QuerySelector("#confirm"));
        var confirmation = await browser.Open(Links.Command(id, "0.1.0", "delete"));

        Assert.NotNull(confirmation.Document.QuerySelector("#confirm"));
        (await browser.Submit(confirmation, "Delete 0.1.0 for ever", ("confirm", ""))).Is(409);
        (await browser.Submit(confirmation, "Delete 0.1.0 for ever", ("confirm", "0.1.0"))).Is(303);
    }

    [Fact]
    public async Task Deleting_a_model_takes_its_name_to_confirm()
    {
        var name = $"whole {Guid.NewGuid():N}";
        var id = (string)(await node.Deploy(name))["model_id"]!;
        var browser = await node.SignIn();
        var confirmation = await browser.Open(Links.Model(id, "/delete"));

        (await browser.Submit(confirmation, "Delete the model for ever", ("confirm", "no"))).Is(409);
        (await browser.Submit(confirmation, "Delete the model for ever", ("confirm", name))).Is(303);

        Assert.Equal($"The model {name} is deleted for ever.", (await browser.Open(Links.Root)).Receipt);
    }

    [Fact]
    public async Task A_confirmation_that_the_world_has_moved_on_from_does_nothing_and_shows_what_is_true()
    {
        var browser = await node.SignIn();
        foreach (var command in (string[])["promote", "deactivate", "delete", "publish"])
        {
            for (var round = 0; round < TestRounds.Of(5); round++)
            {
                var name = $"stale {Guid.NewGuid():N}";
                await node.Deploy(name);
                await node.Deploy(name);
                var third = await node.Deploy(name, "");
                var id = (string)third["model_id"]!;
                var number = command == "publish" ? "0.3.0" : "0.1.0";
                var confirmation = (await browser.Open(Links.Command(id, number, command))).Is(200);
                var button = confirmation.Document.QuerySelector("form.stack button")!.TextContent;

                // Meanwhile somebody else moves the pointer, and describes the version.
                await node.Api("POST", $"/v1/model_versions/{third["id"]}/promote");
                await node.Api("PATCH", $"/v1/model_versions/{id}-{(command == "publish" ? 3 : 1)}", """{"description":"changed"}""");
                var before = (await node.Api("GET", $"/v1/models/{id}")).ToJsonString();
                var stale = await browser.Submit(confirmation, button, ("confirm", number));

                Assert.Contains(stale.Status, (int[])[409, 412]);
                Assert.NotNull(stale.Problem);
                Assert.Equal(before, (await node.Api("GET", $"/v1/models/{id}")).ToJsonString());
            }
        }
    }

    [Fact]
    public async Task A_viewer_reads_everything_and_is_offered_nothing()
    {
        var id = await TwoVersions();
        var viewer = await node.SignIn(await node.NewKey("viewer"));

        var model = (await viewer.Open(Links.Model(id))).Is(200);
        Assert.Equal("Needs the role deployer.", model.Menu("0.1.0")["Promote to primary"]);
        Assert.Equal("Needs the role deployer.", model.Menu("0.1.0")["Deactivate version"]);
        Assert.Equal("Needs the role admin.", model.Menu("0.1.0")["Delete version"]);
        foreach (var command in ConsoleCommand.All)
        {
            var confirmation = (await viewer.Open(Links.Command(id, "0.1.0", command.Name))).Is(200);
            Assert.Null(confirmation.Document.QuerySelector("form.stack"));
            (await viewer.Post(Links.Command(id, "0.1.0", command.Name), [("if_match", "\"2\"")])).Is(403);
        }

        Assert.Equal("0.2.0", await Primary(id));
    }

    /// <summary>What the menu offers is what a dry run of the HTTP interface would do, in every state and for every role.</summary>
    [Fact]
    public async Task What_is_offered_is_what_the_interface_would_do()
    {
        var name = $"states {Guid.NewGuid():N}";
        const string away = """
            "serving":{"url":"http://127.0.0.1:9","health_url":"http://127.0.0.1:9/health","startup_timeout_seconds":900}
            """;
        foreach (var fields in (string[])["\"publish\":true", "", "\"publish\":true", "\"publish\":true", away, "\"publish\":true," + away, "\"publish\":true"])
        {
            await node.Deploy(name, fields);
        }

        var id = (string)(await node.Deploy(name, ""))["model_id"]!;
        await node.Api("POST", $"/v1/model_versions/{id}-3/deactivate");
        await node.Api("DELETE", $"/v1/model_versions/{id}-4");
        var compared = 0;
        foreach (var isProtected in (bool[])[false, true])
        {
            await node.Api("PATCH", $"/v1/models/{id}", $$"""{"protected":{{(isProtected ? "true" : "false")}}}""");
            foreach (var role in (Role[])[Role.Viewer, Role.Deployer, Role.Admin])
            {
                var key = await node.NewKey(Text.Of(role));
                for (var ordinal = 1; ordinal <= 8; ordinal++)
                {
                    foreach (var command in ConsoleCommand.All)
                    {
                        var version = Read(await node.Api("GET", $"/v1/model_versions/{id}-{ordinal}"));
                        var obstacle = VersionActions.Obstacle(command.Action, version, isProtected, role);
                        var (status, changed) = await DryRun(command, version.Id, key);

                        // Publishing may also move the pointer of a protected model, which only a dry run tells.
                        if (!(command.Action == VersionAction.Publish && isProtected && role == Role.Deployer))
                        {
                            Assert.True((obstacle is null) == (status == 200 && changed), $"{command.Name} {version.Version} {version.State} {role} {isProtected}: {obstacle} / {status} {changed}");
                            compared++;
                        }
                    }
                }
            }
        }

        Assert.True(compared > 200);
    }

    private async Task<(int Status, bool Changed)> DryRun(ConsoleCommand command, string versionId, string key)
    {
        using var client = node.NewClient();
        var path = command.Action == VersionAction.Delete ? $"/v1/model_versions/{versionId}" : $"/v1/model_versions/{versionId}/{command.Name}";
        using var request = new HttpRequestMessage(new HttpMethod(command.Method), path + "?dry_run=true");
        request.Headers.Add("Authorization", "Bearer " + key);
        using var response = await client.SendAsync(request);
        var answer = System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return ((int)response.StatusCode, (bool?)answer["changed"] is true);
    }

    private static VersionView Read(System.Text.Json.Nodes.JsonNode version) =>
        System.Text.Json.JsonSerializer.Deserialize(version, Gateway.JsonSettings.TypeOf<VersionView>())!;

    private async Task<string> TwoVersions()
    {
        var name = $"two {Guid.NewGuid():N}";
        await node.Deploy(name);
        return (string)(await node.Deploy(name))["model_id"]!;
    }

    private async Task<string?> Primary(string modelId) => (string?)(await node.Api("GET", $"/v1/models/{modelId}"))["primary"]?["version"];
}
