using System.Text.Json;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>The tabs of models and versions, and deploying by a form.</summary>
[Collection(OnOneNode.Name)]
public sealed class VersionPageTests(ConsoleNode node)
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 30, 30, TimeSpan.Zero);

    [Fact]
    public void A_chart_has_a_bar_for_each_minute_with_calls_in_its_place()
    {
        var chart = TrafficChart.Of(
            [Slot(0, 40, 4), Slot(59, 1, 0), Slot(60, 7, 7)], TimeSpan.FromMinutes(1), 60, Now);

        Assert.Equal([708.0 + 1.2, 1.2], chart.Bars.Select(bar => Math.Round(bar.Left, 3)));
        Assert.Equal(50, chart.Top);
        Assert.Equal([TrafficChart.Height * 0.8, TrafficChart.Height * 0.02], chart.Bars.Select(bar => Math.Round(bar.Calls, 3)));
        Assert.Equal([TrafficChart.Height * 0.08, 0], chart.Bars.Select(bar => Math.Round(bar.Errors, 3)));
        Assert.Equal((41, 4), (chart.Calls, chart.Errors));
        Assert.Empty(TrafficChart.Of([], TimeSpan.FromHours(1), 168, Now).Bars);
    }

    [Fact]
    public async Task Traffic_is_drawn_without_a_script_and_told_in_numbers()
    {
        var name = $"called {Guid.NewGuid():N}";
        var id = (string)(await node.Deploy(name, $"\"publish\":true,\"serving\":{{\"url\":\"{node.ServerUrl}\"}}"))["model_id"]!;
        var browser = await node.SignIn();
        Assert.Contains("No calls.", (await browser.Open(Links.Version(id, "0.1.0", "/traffic"))).Text, StringComparison.Ordinal);

        await node.Api("POST", $"/v1/models/{id}/predict", "{}");
        var page = (await browser.Open(Links.Version(id, "0.1.0", "/traffic"))).Is(200);

        Assert.Equal(2, page.Document.QuerySelectorAll(".chart svg[role=img]").Length);
        Assert.StartsWith("1 call, 0 errors", page.Document.QuerySelector("svg")!.GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.Equal(2, page.Document.QuerySelectorAll("details td:nth-child(2)").Count(cell => cell.TextContent == "1"));
        Assert.Contains("0.1.0", (await browser.Open(Links.Model(id, "/traffic"))).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HV2_the_servers_of_a_version_stand_on_its_page_with_their_states()
    {
        var url = node.ServerUrl;
        var version = await node.Deploy($"several {Guid.NewGuid():N}", $$"""
            "serving":{"servers":[{"url":"{{url}}"},{"url":"{{url}}/b"},{"url":"{{url}}/<c>","health_url":"http://127.0.0.1:9"}]}
            """);

        var page = (await (await node.SignIn()).Open(Links.Version((string)version["model_id"]!, "0.1.0"))).Is(200);

        var rows = page.Document.QuerySelectorAll("#servers tbody tr");
        Assert.Equal([url, url + "/b", url + "/<c>"], rows.Select(row => row.QuerySelector("th")!.TextContent));
        Assert.Equal(["● up", "● up", "◐ starting"], rows.Select(row => row.QuerySelector(".nowrap")!.TextContent.Trim()));
        Assert.Equal("Servers 2 of 3 up, 1 needed to start", page.Document.QuerySelector("#servers h3")!.TextContent);
        Assert.DoesNotContain(page.Document.QuerySelectorAll("#version dt"), term => term.TextContent == "Address");
    }

    [Fact]
    public void HV2_each_state_of_a_server_has_its_own_mark()
    {
        var marks = Enum.GetValues<ServerStatus>().Select(state => Text.Mark(state)).Append(Text.Mark((ServerStatus?)null)).ToList();

        Assert.Equal(4, marks.DistinctBy(mark => mark.Shape).Count());
        Assert.Equal(("✕", "down", "failed"), Text.Mark(ServerStatus.Down));
    }

    [Fact]
    public async Task Resolve_says_what_answers_and_why_the_others_do_not()
    {
        var id = await Versions(3);
        await node.Api("POST", $"/v1/model_versions/{id}-2/deactivate");
        var browser = await node.SignIn();

        var range = (await browser.Open(Links.Model(id, "/resolve?selector=%5E0.3"))).Is(200);
        Assert.Equal("0.3.0", range.Document.QuerySelector("#resolved .big")!.TextContent);
        Assert.Contains("It is the highest published number of the range that can answer.", range.Text, StringComparison.Ordinal);
        Assert.Contains("0.2.0 inactive Its number is not in the range.", range.Text, StringComparison.Ordinal);

        var primary = await browser.Open(Links.Model(id, "/resolve"));
        Assert.Contains("It is the primary.", primary.Text, StringComparison.Ordinal);
        var own = await browser.Open(Links.Version(id, "0.2.0", "/resolve"));
        Assert.Equal("0.2.0", own.Document.QuerySelector("#selector")!.GetAttribute("value"));
        Assert.Contains("inactive", own.Problem, StringComparison.Ordinal);
        Assert.NotNull((await browser.Open(Links.Model(id, "/resolve?selector=nonsense"))).Problem);
    }

    [Fact]
    public async Task The_history_of_the_primary_says_who_when_and_why()
    {
        var id = await Versions(2);
        await node.Api("POST", $"/v1/model_versions/{id}-1/promote", """{"comment":"It is better."}""");
        var browser = await node.SignIn();

        var history = (await browser.Open(Links.Model(id, "/history"))).Is(200);

        Assert.Equal(["0.1.0", "0.2.0", "0.1.0"], history.Document.QuerySelectorAll("#history tbody th").Select(cell => cell.TextContent.Trim()).Take(3));
        Assert.Contains("It is better.", history.Text, StringComparison.Ordinal);
        Assert.NotNull((await browser.Open(Links.Model(id, "/history?at=yesterday"))).Is(400).Problem);
        Assert.NotNull((await browser.Open(Links.Model(id, "/history?at=2999-01-01"))).Is(400).Problem);
    }

    [Fact]
    public async Task Events_and_active_time_have_tabs_of_their_own()
    {
        var id = await Versions(1);
        var browser = await node.SignIn();

        Assert.Contains("version.deployed", (await browser.Open(Links.Model(id, "/events"))).Is(200).Text, StringComparison.Ordinal);
        Assert.Contains("version.deployed", (await browser.Open(Links.Version(id, "0.1.0", "/events"))).Is(200).Text, StringComparison.Ordinal);
        Assert.Contains("active since", (await browser.Open(Links.Version(id, "0.1.0", "/billing"))).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_says_how_it_is_called()
    {
        var name = $"""it's "quoted" <b>{Guid.NewGuid():N}</b>""";
        var id = (string)(await node.Deploy(name, $"\"publish\":true,\"serving\":{{\"url\":\"{node.ServerUrl}\"}}"))["model_id"]!;
        var browser = await node.SignIn();

        var page = (await browser.Open(Links.Version(id, "0.1.0"))).Is(200);

        var examples = page.Document.QuerySelectorAll("pre code").Select(code => code.TextContent).ToList();
        var literal = JsonSerializer.Serialize(name);
        Assert.Contains($"{node.Address}v1/models/{id}/predict?version=0.1.0", examples[0], StringComparison.Ordinal);
        Assert.Contains($$"""predict({{literal}}, {"inputs": …}, version="0.1.0")""", examples[1], StringComparison.Ordinal);
        Assert.Contains($"model={JsonSerializer.Serialize(name + "@0.1.0")}", examples[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_and_environments_are_for_those_who_may_deploy()
    {
        var id = await Versions(1);
        var browser = await node.SignIn();

        var log = (await browser.Open(Links.Version(id, "0.1.0", "/logs"))).Is(200);
        Assert.Contains("The registry does not run this version.", log.Text, StringComparison.Ordinal);
        Assert.Equal("Logs", log.Document.QuerySelector(".tabs [aria-current]")!.TextContent);
        Assert.Equal(400, (await browser.Open(Links.Version(id, "0.1.0", "/logs/live?after=x"))).Status);
        var environments = (await browser.Open(Links.Environments)).Is(200);
        var api = await node.Api("GET", "/v1/environments");
        Assert.Equal(
            api["environments"]!.AsArray().Select(environment => (string)environment!["name"]!)
                .Concat(api["instance_types"]!.AsArray().Select(type => (string)type!["name"]!)),
            environments.Document.QuerySelectorAll("tbody th").Select(cell => cell.TextContent));

        var viewer = await node.SignIn(await node.NewKey("viewer"));
        foreach (var address in (string[])
            [Links.Environments, Links.Version(id, "0.1.0", "/logs"), Links.Version(id, "0.1.0", "/logs/live?after=0")])
        {
            (await viewer.Open(address)).Is(403);
        }

        Assert.DoesNotContain("Logs", (await viewer.Open(Links.Version(id, "0.1.0"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_of_versions_finds_numbers_keeps_its_place_and_shows_the_primary_always()
    {
        var id = await Versions(3);
        await node.Api("POST", $"/v1/model_versions/{id}-2/deactivate");
        var browser = await node.SignIn();

        var found = (await browser.Open(Links.Model(id, "?number=0.2"))).Is(200);

        Assert.Equal(["0.3.0", "0.2.0"], found.Document.QuerySelectorAll(".versions .number").Select(number => number.TextContent));
        Assert.Equal("0.3.0", found.Document.QuerySelector(".pinned .number")!.TextContent);
        var next = found.Document.QuerySelectorAll(".versions a.version")[^1].GetAttribute("href")!;
        Assert.Equal(Links.Version(id, "0.2.0", "?number=0.2"), next);
        Assert.Equal(Links.Version(id, "0.2.0", "/events?number=0.2"), (await browser.Open(next)).Document.QuerySelectorAll(".tabs a")[2].GetAttribute("href"));
        Assert.Contains("No version is like that.", (await browser.Open(Links.Model(id, "?number=7"))).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_is_deployed_by_a_form_once_however_often_it_is_sent()
    {
        var name = $"by form {Guid.NewGuid():N}";
        var browser = await node.SignIn();
        var form = (await browser.Open(Links.Deploy)).Is(200);
        (string, string)[] filled =
        [
            ("model_name", name), ("serving.url", node.ServerUrl), ("version_bump", "MAJOR"), ("labels", "team: a: b\r\nempty"), ("publish", "true"),
            ("artifact.uri", "s3://x"), ("artifact.size_bytes", "12"), ("comment", "First try"),
            ("serving.served_name", "Qwen/<7B>"), ("serving.openai_paths", "classify\r\n\r\n audio/more "),
        ];

        var checkedFirst = (await browser.Submit(form, "Deploy", [.. filled, ("check", "true")])).Is(200);
        Assert.Contains($"It would be 1.0.0 of {name}", checkedFirst.Text, StringComparison.Ordinal);
        var done = (await browser.Submit(checkedFirst, "Deploy", [.. filled])).Is(303);
        var twice = (await browser.Submit(checkedFirst, "Deploy", [.. filled])).Is(303);

        Assert.Equal(done.Location, twice.Location);
        var version = (await browser.Open(done.Location!)).Is(200);
        Assert.Equal($"1.0.0 of {name} is deployed, and primary.", version.Receipt);
        Assert.Contains("team: a: b", version.Text, StringComparison.Ordinal);
        var facts = version.Document.QuerySelectorAll(".facts code").Select(code => code.TextContent).ToList();
        Assert.Contains("Qwen/<7B>", facts);
        Assert.Contains("classify audio/more", facts);
    }

    [Fact]
    public async Task What_is_wrong_with_a_deployment_stands_beside_its_field()
    {
        var browser = await node.SignIn();
        var form = await browser.Open(Links.Deploy + "?model=known");
        Assert.Equal("known", form.Document.QuerySelector("#model_name")!.GetAttribute("value"));

        var refused = (await browser.Submit(
            form,
            "Deploy",
            ("serving.url", "nowhere"),
            ("serving.startup_timeout_seconds", "soon"),
            ("serving.served_name", new string('x', 257)),
            ("serving.openai_paths", "fine\n/absolute"),
            ("version", "one"),
            ("instance_type", "a b"))).Is(400);

        Assert.Equal(
            ["serving.url", "serving.startup_timeout_seconds", "serving.served_name", "serving.openai_paths", "version", "instance_type"],
            refused.Document.QuerySelectorAll("[aria-invalid]").Select(field => field.GetAttribute("name")));
        Assert.All(
            refused.Document.QuerySelectorAll("[aria-invalid]"),
            field => Assert.NotNull(refused.Document.GetElementById(field.GetAttribute("aria-describedby")!.Split(' ')[0])));
        var run = (await browser.Submit(
            form, "Deploy", ("run", "true"), ("artifact.uri", ""), ("runtime.environment", "no such one"), ("runtime.env", "REGISTRY_X: 1"))).Is(400);
        Assert.Equal(
            ["runtime.environment", "runtime.env"],
            run.Document.QuerySelectorAll("[aria-invalid]").Select(field => field.GetAttribute("name")));
        (await (await node.SignIn(await node.NewKey("viewer"))).Open(Links.Deploy)).Is(403);
    }

    [Fact]
    public async Task Models_are_found_by_label()
    {
        var id = await Versions(1);
        var label = Guid.NewGuid().ToString("N");
        await node.Api("PATCH", $"/v1/models/{id}", $$$"""{"labels":{"k":"{{{label}}}"}}""");
        var browser = await node.SignIn();

        Assert.Single((await browser.Open($"{Links.Root}?label=k:{label}")).Is(200).Document.QuerySelectorAll("tbody tr"));
        Assert.Contains("No model matches.", (await browser.Open($"{Links.Root}?label=k:other")).Text, StringComparison.Ordinal);
        Assert.NotNull((await browser.Open($"{Links.Root}?label=nonsense")).Is(400).Problem);
    }

    [Fact]
    public async Task The_settings_of_a_model_change_unless_somebody_was_faster()
    {
        var id = await Versions(1);
        await node.Api("PATCH", $"/v1/models/{id}", """{"labels":{"old":"1","kept":"2"}}""");
        var browser = await node.SignIn();
        var form = (await browser.Open(Links.Model(id, "/settings"))).Is(200);

        var done = (await browser.Submit(
            form, "Change the model", ("description", "Tells irises apart."), ("labels", "kept: 2\r\nnew: 3"), ("primary_policy", "manual"), ("protected", "true"),
            ("on_unhealthy", "fall_back"), ("fall_back_seconds", "90"))).Is(303);

        var shown = await browser.Open(done.Location!);
        Assert.Equal("The model is changed.", shown.Receipt);
        Assert.Contains("unhealthy for 90 seconds falls back", shown.Text, StringComparison.Ordinal);
        var model = await node.Api("GET", $"/v1/models/{id}");
        Assert.Equal("Tells irises apart.", (string?)model["description"]);
        Assert.Equal("""{"kept":"2","new":"3"}""", model["labels"]!.ToJsonString());
        Assert.Equal(("manual", true), ((string?)model["primary_policy"], (bool?)model["protected"]));
        Assert.Equal(("fall_back", 90), ((string?)model["on_unhealthy"], (int?)model["fall_back_seconds"]));
        var stale = (await browser.Submit(form, "Change the model", ("description", "Too late"))).Is(412);
        Assert.NotNull(stale.Problem);
        Assert.Contains("Too late", stale.Document.QuerySelector("#description")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Needs the role deployer.", (await (await node.SignIn(await node.NewKey("viewer"))).Open(Links.Model(id, "/settings"))).Text, StringComparison.Ordinal);
    }

    private static TrafficSlotView Slot(int minutesAgo, long calls, long errors) =>
        new() { At = new DateTimeOffset(2026, 3, 1, 12, 30, 0, TimeSpan.Zero).AddMinutes(-minutesAgo), Calls = calls, Errors = errors };

    private async Task<string> Versions(int count)
    {
        var name = $"tabs {Guid.NewGuid():N}";
        var id = "";
        for (var number = 0; number < count; number++)
        {
            id = (string)(await node.Deploy(name))["model_id"]!;
        }

        return id;
    }
}
