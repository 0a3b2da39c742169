using System.Diagnostics;
using System.Globalization;
using OrleansRegistry.Testing;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>The end of sessions by a token and their renewal (rule G7), on a clock that tests move on.</summary>
public sealed class IssuerSessionTests : IAsyncLifetime
{
    private readonly MovedClock _clock = new();
    private OidcServer _issuer = null!;
    private ConsoleNode _node = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await OidcServer.Start();
        _node = new ConsoleNode(TestDatabase.Sqlite(), isOfSeveral: false, _clock, [.. _issuer.Settings, "--Registry:Console:IdleMinutes=1440"]);
        await _node.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Theory]
    [InlineData(120, 60)]
    [InlineData(20, 20)]
    public async Task G7_a_session_ends_with_its_token_after_an_hour_at_the_latest_and_is_renewed_by_a_redirect(int tokenMinutes, int sessionMinutes)
    {
        _issuer.Lifetime = TimeSpan.FromMinutes(tokenMinutes);
        var browser = new Browser(_node);
        (await browser.Open(await _issuer.SignIn((await browser.Open(Links.Issuer)).Location))).Is(303);
        _clock.Ahead = TimeSpan.FromMinutes(sessionMinutes - 1);
        (await browser.Open(Links.Root)).Is(200);
        _clock.Ahead = TimeSpan.FromMinutes(sessionMinutes + 1);
        // The issuer's next token lasts longer than the clock was moved on.
        _issuer.Lifetime = TimeSpan.FromHours(3);

        var script = await browser.Send(HttpMethod.Get, Links.Live, null, ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Dest", "empty"));
        var page = await browser.Open("/console/events?model=abc");

        Assert.StartsWith(Links.SignIn + "?", script.Is(303).Location, StringComparison.Ordinal);
        Assert.Equal(Links.Issuer + "?return=%2Fconsole%2Fevents%3Fmodel%3Dabc", page.Is(303).Location);
        var back = await browser.Open(await _issuer.SignIn((await browser.Open(page.Location!)).Location));
        Assert.Equal("/console/events?model=abc", back.Is(303).Location);
        (await browser.Open(Links.Root)).Is(200);
    }

    [Fact]
    public async Task G7_who_has_signed_out_is_not_signed_in_again_by_itself()
    {
        var browser = new Browser(_node);
        (await browser.Open(await _issuer.SignIn((await browser.Open(Links.Issuer)).Location))).Is(303);

        (await browser.Submit(await browser.Open(Links.Root), "Sign out")).Is(303);

        Assert.Equal("/console/sign-in?return=%2Fconsole", (await browser.Open(Links.Root)).Is(303).Location);
    }

    [Fact]
    public async Task G7_who_signs_out_when_the_token_is_over_is_signed_out()
    {
        var browser = new Browser(_node);
        (await browser.Open(await _issuer.SignIn((await browser.Open(Links.Issuer)).Location))).Is(303);
        var page = await browser.Open(Links.Root);
        _clock.Ahead = TimeSpan.FromMinutes(61);

        Assert.Equal(Links.SignIn, (await browser.Submit(page, "Sign out")).Is(303).Location);

        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task G7_a_form_is_not_led_to_the_issuer_which_its_policy_forbids()
    {
        var browser = new Browser(_node);
        (await browser.Open(await _issuer.SignIn((await browser.Open(Links.Issuer)).Location))).Is(303);
        _clock.Ahead = TimeSpan.FromMinutes(61);

        var sent = await browser.Post(Links.Sessions + "/end", []);

        Assert.StartsWith(Links.SignIn + "?", sent.Is(303).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G4_a_link_puts_no_other_session_in_the_place_of_one_that_goes_on()
    {
        var browser = new Browser(_node);
        (await browser.Post(Links.SignIn, [("key", ConsoleNode.OperatorKey)])).Is(303);

        var led = await browser.Open(Links.Issuer + "?return=/console/events");

        Assert.Equal("/console/events", led.Is(303).Location);
        (await browser.Open(Links.Root)).Is(200);
    }

    [Theory]
    [InlineData("Scopes=openid", 200)]
    [InlineData("Roles:other=viewer", 303)]
    [InlineData("RoleClaim=groups", 303)]
    public async Task G7_a_session_ends_when_the_settings_change_that_say_who_somebody_is(string setting, int status)
    {
        var database = TestDatabase.Sqlite();
        string cookie;
        await using (var before = new ConsoleNode(database, isOfSeveral: true, TimeProvider.System, [.. _issuer.Settings]))
        {
            await before.InitializeAsync();
            var browser = new Browser(before);
            (await browser.Open(await _issuer.SignIn((await browser.Open(Links.Issuer)).Location))).Is(303);
            cookie = string.Join("; ", browser.Cookies.Select(kept => $"{kept.Key}={kept.Value}"));
        }

        await using var after = new ConsoleNode(
            database, isOfSeveral: false, TimeProvider.System, [.. _issuer.Settings, $"--Registry:Auth:Oidc:{setting}"]);
        await after.InitializeAsync();

        (await new Browser(after).Send(HttpMethod.Get, Links.Root, null, ("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie))).Is(status);
    }

    [Fact]
    public async Task G7_a_token_that_is_over_already_leads_to_no_circle()
    {
        _issuer.Lifetime = TimeSpan.FromSeconds(5);
        var browser = new Browser(_node);

        var page = await browser.Open(await _issuer.SignIn((await browser.Open(Links.Issuer)).Location));

        Assert.Contains("has ended already", page.Is(401).Problem, StringComparison.Ordinal);
        Assert.Empty(browser.Cookies);
    }

    [Fact]
    public async Task G7_a_sign_in_that_took_longer_than_ten_minutes_is_refused()
    {
        var browser = new Browser(_node);
        var callback = await _issuer.SignIn((await browser.Open(Links.Issuer)).Location);

        _clock.Ahead = TimeSpan.FromMinutes(10);

        Assert.Contains("longer than ten minutes", (await browser.Open(callback)).Is(401).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task G7_while_the_issuer_is_away_its_button_leads_to_a_page_within_five_seconds_and_keys_are_taken()
    {
        await using var node = new ConsoleNode(TestDatabase.Sqlite(), isOfSeveral: false, TimeProvider.System,
            [.. _issuer.Settings, $"--Registry:Auth:Oidc:Authority=http://127.0.0.1:{RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}"]);
        await node.InitializeAsync();
        var browser = new Browser(node);
        var began = Stopwatch.GetTimestamp();

        var page = await browser.Open(Links.Issuer + "?return=/console/events");

        Assert.Contains("can't be", page.Is(503).Problem, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        Assert.Equal("/console/events", (await browser.Submit(page, "Sign in", ("key", ConsoleNode.OperatorKey))).Is(303).Location);
    }

    /// <summary>The time of day, moved on. Timers run as ever.</summary>
    private sealed class MovedClock : TimeProvider
    {
        private long _ahead;

        public TimeSpan Ahead
        {
            get => TimeSpan.FromTicks(Volatile.Read(ref _ahead));
            set => Volatile.Write(ref _ahead, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
