using System.Net;
using System.Net.Http.Headers;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Signing in and out (rules G1 to G5), as browsers do it.</summary>
[Collection(OnOneNode.Name)]
public sealed class SessionPageTests(ConsoleNode node)
{
    [Fact]
    public async Task G1_the_cookie_is_for_this_host_alone_and_no_script_reads_it()
    {
        var browser = await node.SignIn();

        var line = Assert.Single(browser.CookieLines);
        Assert.Matches("^__Host-registry-session=ors_[0-9A-Za-z_]{68}; path=/; secure; samesite=lax; httponly$", line);
        (await browser.Open(Links.Root)).Is(200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ork_nonsense")]
    [InlineData("ors_abcd2345abcd234567_0000000000000000000000000000000000000000000000000")]
    public async Task G1_who_shows_no_valid_key_gets_no_session(string key)
    {
        var browser = new Browser(node);

        var page = await browser.Post(Links.SignIn, [("key", key), ("return", "/console/events")]);

        page.Is(401);
        Assert.NotNull(page.Problem);
        Assert.Empty(browser.Cookies);
        Assert.Equal("/console/events", page.Document.QuerySelector("input[name=return]")!.GetAttribute("value"));
    }

    [Fact]
    public async Task G1_a_key_of_role_invoker_gets_no_session()
    {
        var key = await node.NewKey("invoker");

        var page = await new Browser(node).Post(Links.SignIn, [("key", key)]);

        page.Is(403);
        Assert.Contains("invoker", page.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G1_who_signs_in_is_led_back_to_where_they_wanted_to_go()
    {
        var browser = new Browser(node);
        var led = (await browser.Open("/console/events?model=abc")).Is(303);
        Assert.Equal("/console/sign-in?return=%2Fconsole%2Fevents%3Fmodel%3Dabc", led.Location);

        var signIn = await browser.Open(led.Location!);
        var back = await browser.Submit(signIn, "Sign in", ("key", ConsoleNode.OperatorKey));

        Assert.Equal("/console/events?model=abc", back.Is(303).Location);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/console")]
    [InlineData("/console\\@evil.example")]
    [InlineData("/consoles")]
    [InlineData("/v1/models")]
    public async Task G1_nobody_is_led_elsewhere(string address) =>
        Assert.Equal(Links.Root, (await new Browser(node).Post(Links.SignIn, [("key", ConsoleNode.OperatorKey), ("return", address)])).Is(303).Location);

    [Fact]
    public async Task G1_signing_in_again_ends_the_session_of_before()
    {
        var browser = await node.SignIn();
        var before = browser.Cookies[SessionCookie.Name];

        (await browser.Post(Links.SignIn, [("key", ConsoleNode.OperatorKey)])).Is(303);

        Assert.NotEqual(before, browser.Cookies[SessionCookie.Name]);
        Assert.Equal(303, (await With(before)).Status);
    }

    [Fact]
    public async Task G3_a_session_that_was_signed_out_lets_nobody_in()
    {
        var browser = await node.SignIn();
        var session = browser.Cookies[SessionCookie.Name];

        var page = await browser.Submit(await browser.Open(Links.Root), "Sign out");

        Assert.Equal(Links.SignIn, page.Is(303).Location);
        Assert.Empty(browser.Cookies);
        Assert.Equal(303, (await With(session)).Status);
    }

    [Fact]
    public async Task G3_sessions_of_a_key_are_listed_and_ended_one_by_one_or_all()
    {
        var key = await node.NewKey("viewer");
        var (first, second, third) = (await node.SignIn(key), await node.SignIn(key), await node.SignIn(key));
        var list = await third.Open(Links.Sessions);
        Assert.Equal(3, list.Document.QuerySelectorAll("tbody tr").Length);
        Assert.Equal(1, list.Document.QuerySelectorAll("tbody tr").Count(row => row.TextContent.Contains("this one", StringComparison.Ordinal)));

        var end = list.Document.QuerySelectorAll("tbody form").Last(form => form.TextContent.Contains("End", StringComparison.Ordinal));
        (await third.Post(end.GetAttribute("action")!, [])).Is(303);

        // Two that begin in the same millisecond have no order.
        List<int> others = [(await first.Open(Links.Root)).Status, (await second.Open(Links.Root)).Status];
        Assert.Equal([200, 303], others.Order());
        (await third.Submit(await third.Open(Links.Sessions), "Sign out everywhere")).Is(303);
        Assert.Equal(303, (await first.Open(Links.Root)).Status);
        Assert.Equal(303, (await second.Open(Links.Root)).Status);
    }

    [Fact]
    public async Task G3_a_session_ends_with_its_key()
    {
        var key = await node.NewKey("viewer");
        var browser = await node.SignIn(key);

        await node.Api("DELETE", $"/v1/api_keys/{key.Split('_')[1]}");

        Assert.Equal(303, (await browser.Open(Links.Root)).Status);
    }

    [Fact]
    public async Task G5_a_session_counts_for_the_console_only_and_a_key_for_the_rest_only()
    {
        var browser = await node.SignIn();
        using var client = node.NewClient();

        using var api = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        api.Headers.Add("Cookie", $"{SessionCookie.Name}={browser.Cookies[SessionCookie.Name]}");
        using var apiAnswer = await client.SendAsync(api);
        using var page = new HttpRequestMessage(HttpMethod.Get, Links.Root);
        page.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ConsoleNode.OperatorKey);
        using var pageAnswer = await client.SendAsync(page);

        Assert.Equal(HttpStatusCode.Unauthorized, apiAnswer.StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, pageAnswer.StatusCode);
    }

    private async Task<Page> With(string session) =>
        await new Browser(node).Send(HttpMethod.Get, Links.Root, null, ("Cookie", $"{SessionCookie.Name}={session}"));
}
