using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Signing in at an OpenID Connect issuer (rule G7): each request goes to the other one of two gateways.</summary>
[Trait("Database", "PostgreSQL")]
public sealed class IssuerSignInTests(TwoGateways gateways) : IClassFixture<TwoGateways>, IDisposable
{
    private OidcServer Issuer => gateways.Issuer;

    public void Dispose() => Issuer.Reset();

    [Fact]
    public async Task G7_who_signs_in_at_the_issuer_comes_back_to_their_page_as_the_token_says()
    {
        var browser = gateways.NewBrowser();
        var signIn = await browser.Open((await browser.Open("/console/events?model=abc")).Is(303).Location!);
        var link = signIn.Document.QuerySelector("a.button")!;
        Assert.Equal("Sign in at 127.0.0.1", link.TextContent);

        var back = await SignIn(browser, link.GetAttribute("href")!);

        Assert.Equal("/console/events?model=abc", back.Is(303).Location);
        var page = (await browser.Open(Links.Root)).Is(200);
        Assert.Equal("token:ann · deployer", page.Document.QuerySelector(".who .quiet")!.TextContent);
        Assert.Equal("default", page.Document.QuerySelector(".who span")!.TextContent);
        (await browser.Open(Links.Access)).Is(403);
        var model = (string)(await gateways.Nodes[0].Deploy($"by token {Guid.NewGuid():N}"))["model_id"]!;
        var command = await browser.Open(Links.Command(model, "0.1.0", "deactivate"));
        (await browser.Submit(command, "Deactivate 0.1.0", ("comment", "by a token"))).Is(303);
        var events = await gateways.Nodes[1].Api("GET", $"/v1/models/{model}/events");
        Assert.Contains("token:ann", events.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G7_the_cookies_are_for_this_host_alone_and_hold_nothing_that_can_be_read()
    {
        var browser = gateways.NewBrowser();

        var led = (await browser.Open(Links.Issuer)).Is(303);

        var asked = QueryHelpers.ParseQuery(new Uri(led.Location!).Query);
        var line = Assert.Single(browser.CookieLines);
        Assert.Matches("^__Host-registry-sign-in-[0-9A-Za-z_-]{12}=[0-9A-Za-z_-]+; max-age=600; path=/; secure; samesite=lax; httponly$", line);
        Assert.DoesNotContain(asked["nonce"].ToString(), Encoding.Latin1.GetString(Base64Url.DecodeFromChars(line.Split('=', ';')[1])), StringComparison.Ordinal);
        (await browser.Open(await Issuer.SignIn(led.Location))).Is(303);
        Assert.Equal([SessionCookie.Name], browser.Cookies.Keys);
    }

    [Fact]
    public async Task G7_a_return_is_taken_once()
    {
        var browser = gateways.NewBrowser();
        var callback = await Issuer.SignIn((await browser.Open(Links.Issuer)).Location);
        var sent = Header(browser);
        (await browser.Open(callback)).Is(303);

        Refused(await browser.Open(callback), "finished it");
        // Whoever has kept the cookie, too: the issuer gives no second token for a code.
        Refused(await gateways.NewBrowser().Send(HttpMethod.Get, callback, null, sent), "invalid_grant");
    }

    [Fact]
    public async Task G7_a_return_to_another_browser_or_of_another_sign_in_is_refused()
    {
        var (mine, other) = (gateways.NewBrowser(), gateways.NewBrowser());
        var (callback, others) = (await Issuer.SignIn((await mine.Open(Links.Issuer)).Location), await Issuer.SignIn((await other.Open(Links.Issuer)).Location));
        var state = QueryHelpers.ParseQuery(callback.Split('?')[1])["state"].ToString();

        Refused(await other.Open(callback), "has not begun");
        Refused(await gateways.NewBrowser().Open(Links.Callback), "has not begun");
        Refused(await gateways.NewBrowser().Open(Links.Callback + "?state=x&code=y"), "has not begun");
        // The cookie of another state under this one's name.
        var cookie = ("Cookie", $"{mine.Cookies.Keys.Single()}={other.Cookies.Values.Single()}");
        Refused(await gateways.NewBrowser().Send(HttpMethod.Get, callback, null, cookie), "has not begun");
        Refused(await gateways.NewBrowser().Send(HttpMethod.Get, callback, null, ("Cookie", $"{mine.Cookies.Keys.Single()}=garbage")), "has not begun");
        // The code of another sign-in: its verifier is another one.
        var code = QueryHelpers.ParseQuery(others.Split('?')[1])["code"].ToString();
        Refused(await mine.Open($"{Links.Callback}?state={state}&code={code}&iss={Uri.EscapeDataString(Issuer.Authority)}"), "invalid_grant");
    }

    [Theory]
    [InlineData("another issuer", "&iss=https%3A%2F%2Fissuer.example")]
    [InlineData("another issuer", "")]
    public async Task G7_a_return_from_another_issuer_or_from_none_is_refused(string why, string issuer)
    {
        var browser = gateways.NewBrowser();
        var callback = await Issuer.SignIn((await browser.Open(Links.Issuer)).Location);

        Refused(await browser.Open(callback[..callback.IndexOf("&iss=", StringComparison.Ordinal)] + issuer), why);
    }

    [Fact]
    public async Task G7_a_token_that_is_not_of_this_sign_in_is_refused_and_told_why()
    {
        await IsDenied(401, "nonce", claims => claims["nonce"] = "another");
        await IsDenied(401, "nonce", claims => claims.Remove("nonce"));
        await IsDenied(401, "another audience", claims => claims["aud"] = "registry");
        await IsDenied(401, "another client", claims => claims["aud"] = (string[])[OidcServer.ClientId, "registry"]);
        await IsDenied(401, "another client", claims => claims["azp"] = "another");
        await IsDenied(401, "another issuer", claims => claims["iss"] = "https://issuer.example");
    }

    [Fact]
    public async Task G7_who_has_no_role_or_that_of_an_invoker_is_told_so()
    {
        await IsDenied(403, "invoker", claims => claims["roles"] = "invoker");
        await IsDenied(403, "no role", claims => claims.Remove("roles"));
        await IsDenied(403, "workspace does not exist", claims => claims["tenant"] = "nowhere");
        await IsDenied(403, "one workspace", claims => claims["tenant"] = (string[])["default", "nowhere"]);
    }

    [Fact]
    public async Task G7_who_is_refused_at_the_issuer_is_told_so_and_nothing_else_of_its_answer_is_shown()
    {
        foreach (var (error, shown) in ((string, string)[])[("access_denied", "access_denied"), ("<b>call 555</b>", "an unknown error")])
        {
            var browser = gateways.NewBrowser();
            var state = QueryHelpers.ParseQuery(new Uri((await browser.Open(Links.Issuer)).Location!).Query)["state"].ToString();

            var page = await browser.Open($"{Links.Callback}?state={state}&error={Uri.EscapeDataString(error)}&error_description=call+555&iss={Uri.EscapeDataString(Issuer.Authority)}");

            Refused(page, shown);
            Assert.DoesNotContain("555", page.Html, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/console")]
    [InlineData("/console\\@evil.example")]
    [InlineData("/v1/models")]
    [InlineData("/console/\u0001")]
    [InlineData("/console/\uff3c")]
    public async Task G7_nobody_is_led_elsewhere(string address)
    {
        var browser = gateways.NewBrowser();

        Assert.Equal(Links.Root, (await SignIn(browser, $"{Links.Issuer}?return={Uri.EscapeDataString(address)}")).Is(303).Location);
    }

    [Fact]
    public async Task G7_tabs_do_not_disturb_each_other_and_a_browser_keeps_few_sign_ins()
    {
        var browser = gateways.NewBrowser();
        var (first, second) = (await Issuer.SignIn((await browser.Open(Links.Issuer)).Location), await Issuer.SignIn((await browser.Open(Links.Issuer)).Location));
        (await browser.Open(second)).Is(303);
        (await browser.Open(first)).Is(303);
        (await browser.Open(Links.Root)).Is(200);

        browser = gateways.NewBrowser();
        for (var n = 0; n < 20; n++)
        {
            (await browser.Open($"{Links.Issuer}?return=/console/{new string('x', 6_000)}")).Is(303);
        }

        Assert.True(browser.Cookies.Count <= 5);
        Assert.True(browser.Cookies.Sum(cookie => cookie.Key.Length + cookie.Value.Length) < 4_000);
    }

    [Fact]
    public async Task G7_an_issuer_that_hangs_or_answers_nonsense_gets_a_page_within_five_seconds()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var answer in (Func<HttpContext, Task>[])
            [
                _ => gone.Task,
                context => Task.Run(() => context.Response.StatusCode = 500),
                context => context.Response.WriteAsync("<html>"),
                context => context.Response.WriteAsync("[]"),
                context => context.Response.WriteAsync("{\"id_token\":1}"),
                context => context.Response.WriteAsync("{\"error\":\"\\ud800\"}"),
                context =>
                {
                    context.Response.ContentType = "application/json; charset=none-that-there-is";
                    return context.Response.WriteAsync("{}");
                },
                context => context.Response.WriteAsync(new string(' ', 2_000_000)),
                context => Task.Run(context.Abort),
            ])
        {
            Issuer.Instead = answer;
            var browser = gateways.NewBrowser();
            var callback = await Issuer.SignIn((await browser.Open(Links.Issuer)).Location);
            var began = Stopwatch.GetTimestamp();

            var page = (await browser.Open(callback)).Is(503);

            Assert.Contains("can't be asked now", page.Problem, StringComparison.Ordinal);
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        }

        gone.SetResult();
    }

    [Fact]
    public async Task G7_nothing_that_the_issuer_says_is_shown_but_names_of_errors()
    {
        Issuer.Instead = context =>
        {
            context.Response.StatusCode = 401;
            return context.Response.WriteAsync($$"""{"error":"{{OidcServer.ClientSecret}}","error_description":"{{OidcServer.ClientSecret}}"}""");
        };
        var browser = gateways.NewBrowser();

        var page = await SignIn(browser, Links.Issuer);

        Refused(page, "an unknown error");
        Assert.DoesNotContain(OidcServer.ClientSecret, page.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G3_a_session_by_a_token_ends_with_its_sign_out_on_every_gateway()
    {
        Issuer.Claims = claims => claims["sub"] = "bob";
        var (first, second) = (gateways.NewBrowser(), gateways.NewBrowser());
        (await SignIn(first, Links.Issuer)).Is(303);
        (await SignIn(second, Links.Issuer)).Is(303);
        Issuer.Claims = claims => claims["sub"] = "eve";
        var other = gateways.NewBrowser();
        (await SignIn(other, Links.Issuer)).Is(303);
        var list = await first.Open(Links.Sessions);
        Assert.Equal(2, list.Document.QuerySelectorAll("tbody tr").Length);

        (await first.Submit(list, "Sign out everywhere")).Is(303);

        foreach (var _ in gateways.Nodes)
        {
            Assert.Equal(Links.SignIn, (await second.Open(Links.Root)).Is(303).Location!.Split('?')[0]);
            (await other.Open(Links.Root)).Is(200);
        }
    }

    [Fact]
    public async Task G7_nobody_changes_what_a_session_may_do()
    {
        var browser = gateways.NewBrowser();
        (await SignIn(browser, Links.Issuer)).Is(303);
        var (session, claims) = browser.Cookies[SessionCookie.Name].Split('.') is [var first, var second] ? (first, second) : default;
        var higher = TokenClaims.Parse(claims)! with { Role = Role.Operator };
        var key = (await gateways.Nodes[0].SignIn()).Cookies[SessionCookie.Name];

        foreach (var text in (string[])[$"{session}.{higher.ToText()}", session, $"{session}.", $"{session}.x", $"{session}.{claims}.x", $"{key}.{claims}", $".{claims}"])
        {
            (await gateways.NewBrowser().Send(HttpMethod.Get, Links.Root, null, ("Cookie", $"{SessionCookie.Name}={text}"))).Is(303);
        }

        (await gateways.NewBrowser().Send(HttpMethod.Get, Links.Root, null, ("Cookie", $"{SessionCookie.Name}={session}.{claims}"))).Is(200);
    }

    private async Task IsDenied(int status, string why, Action<Dictionary<string, object>> claims)
    {
        Issuer.Claims = claims;
        var browser = gateways.NewBrowser();
        var page = (await SignIn(browser, Links.Issuer + "?return=/console/events")).Is(status);
        Assert.Contains(why, page.Problem, StringComparison.Ordinal);
        Assert.Empty(browser.Cookies);
        Assert.Equal("/console/events", page.Document.QuerySelector("input[name=return]")!.GetAttribute("value"));
    }

    /// <summary>Signs in as far as the answer to the return from the issuer, as a browser is led there.</summary>
    private async Task<Page> SignIn(Browser browser, string begin) => await browser.Send(
        HttpMethod.Get,
        await Issuer.SignIn((await browser.Open(begin)).Is(303).Location),
        null,
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"));

    private static void Refused(Page page, string why)
    {
        Assert.Contains(why, page.Is(401).Problem, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Headers, header => header.Key == "Set-Cookie" && header.Value.Contains(SessionCookie.Name, StringComparison.Ordinal));
    }

    private static (string Name, string Value) Header(Browser browser) =>
        ("Cookie", string.Join("; ", browser.Cookies.Select(cookie => string.Create(CultureInfo.InvariantCulture, $"{cookie.Key}={cookie.Value}"))));
}
