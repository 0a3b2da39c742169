using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using OrleansRegistry.Testing;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>
/// Journeys in a real browser: what pages without scripts can't show. Four of them run always, and all in a long run.
/// With <c>REGISTRY_WRITE_IMAGES=1</c> they take the pictures of the docs.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class JourneyTests(ConsoleNode node) : IClassFixture<ConsoleNode>, IAsyncLifetime
{
    private const string Long = "Long";

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = BrowserPath, Args = Arguments });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
    }

    [Fact]
    public async Task By_keyboard_alone_one_signs_in_promotes_a_version_and_rolls_back()
    {
        var (name, _) = await Model(3);
        await using var window = await Open();
        var page = window.Page;
        await page.GotoAsync("/console");
        await page.Keyboard.TypeAsync(ConsoleNode.OperatorKey);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Searchbox).FocusAsync();
        await page.Keyboard.TypeAsync(name);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("q=journey"));
        await page.GetByRole(AriaRole.Link, new() { Name = name }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for 0.1.0" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Menuitem, new() { Name = "Promote to primary" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(page.GetByRole(AriaRole.Menuitem, new() { Name = "Deactivate version" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make 0.1.0 primary" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("0.1.0 is primary.");
        await page.GetByRole(AriaRole.Link, new() { Name = "Roll back" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Roll back to 0.3.0" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator("#primary .big")).ToHaveTextAsync("★ 0.3.0");
        window.HasNoComplaints();
    }

    [Fact]
    public async Task The_button_says_which_version_comes_next()
    {
        var (_, id) = await Model(3);
        await using var window = await SignIn();
        await window.Page.GotoAsync(Links.Command(id, "0.3.0", "deactivate"));

        await Assertions.Expect(window.Page.GetByRole(AriaRole.Button, new() { Name = "Deactivate and use 0.2.0" })).ToBeVisibleAsync();
        await window.Page.GetByLabel("Primary afterwards").SelectOptionAsync(new SelectOptionValue { Label = "0.1.0" });
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Deactivate and use 0.1.0" }).ClickAsync();

        await Assertions.Expect(window.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("0.3.0 is inactive. 0.1.0 is primary.");
        window.HasNoComplaints();
    }

    [Fact]
    [Trait("Speed", Long)]
    public async Task Two_tabs_show_what_somebody_else_does()
    {
        var (_, id) = await Model(2);
        await using var window = await SignIn();
        await window.Page.GotoAsync(Links.Model(id));
        var other = await window.Page.Context.NewPageAsync();
        await other.GotoAsync(Links.Model(id));

        await node.Api("POST", $"/v1/model_versions/{id}-1/promote");

        await Assertions.Expect(window.Page.Locator("#primary .big")).ToHaveTextAsync("★ 0.1.0");
        await Assertions.Expect(other.Locator("#primary .big")).ToHaveTextAsync("★ 0.1.0");
        window.HasNoComplaints();
    }

    [Fact]
    public async Task X9_one_reads_the_log_of_a_version_while_it_is_written()
    {
        var id = await Logging();
        await using var window = await SignIn();
        var log = window.Page.GetByRole(AriaRole.Log);

        await window.Page.GotoAsync(Links.Version(id, "0.1.0", "/logs"));
        await Assertions.Expect(log).ToContainTextAsync("the <b>weights</b> are there");
        await node.Api("POST", $"/v1/models/{id}/predict", """{"instances":["here & now"]}""");
        await Assertions.Expect(log).ToContainTextAsync("asked for here & now");
        await window.Page.ReloadAsync();

        await Assertions.Expect(log.GetByText("asked for here & now")).ToHaveCountAsync(1);
        window.HasNoComplaints();
    }

    [Fact]
    public async Task One_deletes_a_version_and_the_last_one_with_its_model()
    {
        var (name, id) = await Model(2);
        await using var window = await SignIn();
        var page = window.Page;
        await page.GotoAsync(Links.Model(id));
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for 0.1.0" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete version" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete 0.1.0 for ever" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("0.1.0 is deleted for ever.");

        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for 0.2.0" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Delete version" }).ClickAsync();
        await Assertions.Expect(page.GetByText("It is the model's last version: the model is deleted with it.")).ToBeVisibleAsync();
        await page.Locator("#confirm").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete 0.2.0 for ever" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync($"0.2.0 is deleted, and the model {name} with it.");
        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/console$"));
        window.HasNoComplaints();
    }

    [Fact]
    public async Task One_finds_a_model_in_use_deactivates_its_primary_and_reads_the_bill_of_the_month()
    {
        var (id, key) = await Iris();
        foreach (var (colors, theme) in ((ColorScheme, string)[])[(ColorScheme.Dark, "dark"), (ColorScheme.Light, "light")])
        {
            await using var window = await SignIn(colors: colors, key: key);
            var page = window.Page;
            await page.Keyboard.PressAsync("/");
            await page.Keyboard.TypeAsync("iris");
            await page.Keyboard.PressAsync("Enter");
            await page.GetByRole(AriaRole.Link, new() { Name = "iris" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Actions for 0.3.0" }).ClickAsync();
            await Picture(page, $"model-{theme}");
            await page.GetByRole(AriaRole.Menuitem, new() { Name = "Deactivate version" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Deactivate and use 0.2.0" })).ToBeVisibleAsync();
            await Picture(page, $"deactivate-{theme}");
            await page.GetByRole(AriaRole.Link, new() { Name = "Billing", Exact = true }).First.ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Rowheader, new() { Name = "Total" })).ToBeVisibleAsync();
            await Picture(page, $"billing-{theme}");
            if (theme == "light")
            {
                await page.GotoAsync(Links.Command(id, "0.3.0", "deactivate"));
                await page.GetByRole(AriaRole.Button, new() { Name = "Deactivate and use 0.2.0" }).ClickAsync();
                await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("0.3.0 is inactive. 0.2.0 is primary.");
            }

            window.HasNoComplaints();
        }
    }

    [Fact]
    [Trait("Speed", Long)]
    public async Task Without_scripts_one_promotes_and_rolls_back()
    {
        var (_, id) = await Model(2);
        await using var window = await SignIn(hasScripts: false);
        var page = window.Page;
        await page.GotoAsync(Links.Model(id));
        await Assertions.Expect(page.Locator("#keys")).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for 0.1.0" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Promote to primary" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make 0.1.0 primary" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Roll back" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Roll back to 0.2.0" }).ClickAsync();

        await Assertions.Expect(page.Locator("#primary .big")).ToHaveTextAsync("★ 0.2.0");
    }

    [Fact]
    [Trait("Speed", Long)]
    public async Task By_the_palette_and_keys_one_goes_to_a_model_its_actions_and_other_pages()
    {
        var (name, id) = await Model(3);
        await using var window = await SignIn();
        var page = window.Page;
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync(name);
        await Assertions.Expect(page.GetByRole(AriaRole.Option, new() { Name = $"Model: {name}" })).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**" + Links.Model(id));

        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync(".");
        await Assertions.Expect(page.GetByRole(AriaRole.Menu, new() { Name = "Actions for 0.2.0" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("0.1.0 promote");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**" + Links.Command(id, "0.1.0", "promote"));

        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("b");
        await page.WaitForURLAsync("**" + Links.Billing);
        await page.Keyboard.PressAsync("?");
        var help = page.GetByRole(AriaRole.Dialog, new() { Name = "Keys" });
        await help.GetByRole(AriaRole.Checkbox).UncheckAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("?");
        await Assertions.Expect(help).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("m");
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Go to" })).ToBeFocusedAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex(Links.Billing + "$"));
        window.HasNoComplaints();
    }

    [Fact]
    [Trait("Speed", Long)]
    public async Task The_sign_in_at_an_issuer_is_accessible_and_fits()
    {
        await using var issuer = await OidcServer.Start();
        await using var other = new ConsoleNode(TestDatabase.Sqlite(), isOfSeveral: false, TimeProvider.System, issuer.Settings);
        await other.InitializeAsync();
        List<string> problems = [];
        foreach (var (width, colors) in ((int, ColorScheme)[])[(1280, ColorScheme.Light), (1280, ColorScheme.Dark), (360, ColorScheme.Light), (360, ColorScheme.Dark)])
        {
            await using var window = await Open(width, colors, at: other);
            await window.Page.GotoAsync(Links.SignIn);
            await Assertions.Expect(window.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Sign in at") })).ToBeVisibleAsync();
            problems.AddRange(await Check(window.Page, $"{width} {colors}"));
            await window.Page.GotoAsync(Links.Callback + "?code=x&state=x");
            await Assertions.Expect(window.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
            problems.AddRange(await Check(window.Page, $"{width} {colors}, refused"));
        }

        Assert.Empty(problems);
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(360, ColorScheme.Light)]
    [InlineData(360, ColorScheme.Dark)]
    [Trait("Speed", Long)]
    public async Task Every_page_is_accessible_and_fits(int width, ColorScheme colors)
    {
        var (_, id) = await Model(3);
        await node.Api("POST", $"/v1/model_versions/{id}-2/deactivate");
        var hook = (string)(await node.Api("POST", "/v1/webhooks", $$"""{"url":"{{node.ServerUrl}}"}"""))["webhook"]!["id"]!;
        var prefix = (string)(await node.Api("POST", "/v1/api_keys", """{"name":"seen","role":"viewer"}"""))["api_key"]!["prefix"]!;
        await node.Api("PUT", $"/v1/models/{id}/aliases/staging", """{"version":"0.1.0"}""");
        await node.Api("PUT", $"/v1/models/{id}/aliases/a-name-as-long-as-one-may-be-set", """{"version":"0.3.0"}""");
        await node.Api("PUT", $"/v1/models/{id}/aliases/staging", """{"version":"0.3.0"}""");
        var several = (string)(await node.Deploy($"several {Guid.NewGuid():N}", $$"""
            "publish":true,"serving":{"servers":[{"url":"{{node.ServerUrl}}"},{"url":"{{node.ServerUrl}}/{{new string('b', 80)}}","health_url":"http://127.0.0.1:9"}]}
            """))["model_id"]!;
        await using var window = await SignIn(width, colors);
        var page = window.Page;
        List<string> problems = [];
        foreach (var address in (string[])
        [
            Links.Root, Links.Root + "?q=nothing+like+it", Links.Deploy, Links.Model(id), Links.Model(id, "/traffic"), Links.Model(id, "/history"),
            Links.Model(id, "/aliases"), Links.Alias(id, "staging"), Links.Alias(id, "staging", "/rollback"), Links.Alias(id, "staging", "/remove"),
            Links.Model(id, "/events"), Links.Model(id, "/resolve?selector=%5E0.1"), Links.Model(id, "/resolve?selector=9"), Links.Model(id, "/rollback"), Links.Model(id, "/settings"),
            Links.Model(id, "/delete"), Links.Version(id, "0.1.0"), Links.Version(id, "0.1.0", "/traffic"), Links.Version(id, "0.1.0", "/events"),
            Links.Version(id, "0.1.0", "/resolve"), Links.Version(id, "0.1.0", "/billing"), Links.Version(id, "0.1.0", "/logs"),
            Links.Version(await Logging(), "0.1.0", "/logs"), Links.Environments, Links.Command(id, "0.3.0", "deactivate"),
            Links.Command(id, "0.1.0", "delete"), Links.Events, Links.Billing, Links.Billing + "/2020-01", Links.Access, Links.Access + "/new",
            Links.Key(prefix, "rotate"), Links.Key(prefix, "revoke"), Links.Webhooks, Links.Webhooks + "/new", Links.Webhook(hook), Links.Webhook(hook, "/edit"),
            Links.Webhook(hook, "/delete"), Links.Sessions, Links.SignIn, Links.Rates, Links.Version(several, "0.1.0"), Links.Workspaces, "/console/nothing",
        ])
        {
            await page.GotoAsync(address);
            problems.AddRange(await Check(page, address));
        }

        await page.GotoAsync(Links.Model(id));
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for 0.2.0" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Menu)).ToBeVisibleAsync();
        problems.AddRange(await Check(page, "the menu"));
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(page.Locator("#palette-0")).ToBeVisibleAsync();
        problems.AddRange(await Check(page, "the palette"));
        var palette = page.GetByRole(AriaRole.Combobox, new() { Name = "Go to" });
        await palette.FillAsync("keys");
        await palette.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Keys" })).ToBeVisibleAsync();
        problems.AddRange(await Check(page, "the keys"));
        foreach (var rates in (string[])["nonsense", "draft 2020-01-01 3 old"])
        {
            await page.GotoAsync(Links.Rates);
            await page.Locator("#rates").FillAsync(rates);
            await page.GetByRole(AriaRole.Button, new() { Name = "Look at the changes" }).ClickAsync();
            await Assertions.Expect(page.Locator(".error, .effects").First).ToBeVisibleAsync();
            problems.AddRange(await Check(page, $"the rates {rates}"));
        }

        Assert.Empty(problems);
        // What is refused is told by the browser, too.
        window.HasNoComplaints(but: "status of 40");
    }

    /// <summary>What is wrong with a page: what axe finds, and a page that is wider than its window.</summary>
    private static async Task<IEnumerable<string>> Check(IPage page, string what)
    {
        var result = await page.RunAxe(new AxeRunOptions
        {
            RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
        });
        var fits = await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth");
        return
        [
            .. result.Violations.Select(found => $"{what}: {found.Id} {string.Join(", ", found.Nodes.Select(node => node.Html))}"),
            .. fits ? (IEnumerable<string>)[] : [$"{what} is wider than the window"],
        ];
    }

    private static string BrowserPath => Environment.GetEnvironmentVariable("REGISTRY_TEST_BROWSER")
        ?? ((string[])["/usr/bin/chromium", "/usr/bin/google-chrome"]).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("The tests of the console need a browser: install chromium, or name one in REGISTRY_TEST_BROWSER.");

    private async Task<(string Name, string Id)> Model(int versions)
    {
        var name = $"journey {Guid.NewGuid():N}";
        var id = "";
        for (var number = 0; number < versions; number++)
        {
            id = (string)(await node.Deploy(name))["model_id"]!;
        }

        return (name, id);
    }

    /// <summary>A model that writes a log.</summary>
    private async Task<string> Logging() => (string)(await node.Run($"log {Guid.NewGuid():N}", """
        class Model:
            def load(self):
                print("the <b>weights</b> are there", flush=True)

            def predict(self, inputs):
                print("asked for", inputs[0], flush=True)
                return inputs
        """))["model_id"]!;

    /// <summary>A workspace for the pictures: a model with versions, a little traffic and a bill, and the key of who looks at it.</summary>
    private async Task<(string Id, string Key)> Iris()
    {
        await node.Api("POST", "/v1/workspaces", """{"name":"vision"}""");
        var key = (string)(await node.Api("POST", "/v1/api_keys", """{"name":"anna","role":"admin","workspace":"vision"}"""))["key"]!;
        await node.Api("PUT", "/v1/billing/rates", """
            {"rates":[
              {"instance_type":"cpu-1x2","stage":"published","price_per_minute":"0.75","effective_from":"2026-01-01"},
              {"instance_type":"gpu-a10","stage":"published","price_per_minute":"4.20","effective_from":"2026-01-01"}]}
            """, key);
        var id = "";
        foreach (var (model, type) in ((string, string)[])
            [("defects", "gpu-a10"), ("defects", "gpu-a10"), ("iris", "cpu-1x2"), ("iris", "cpu-1x2"), ("iris", "cpu-1x2")])
        {
            id = (string)(await node.Api("POST", "/v1/model_versions", $$$"""
                {"model_name":"{{{model}}}","publish":true,"serving":{"url":"{{{node.ServerUrl}}}"},"instance_type":"{{{type}}}"}
                """, key))["model_id"]!;
        }

        await node.Api("POST", $"/v1/model_versions/{id}-1/deactivate", """{"comment":"Replaced by 0.2.0"}""", key);
        for (var call = 0; call < 12; call++)
        {
            await node.Api("POST", $"/v1/models/{id}/predict", "{}", key);
        }

        return (id, key);
    }

    private static async Task Picture(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("REGISTRY_WRITE_IMAGES") == "1")
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(RepositoryRoot.Directory, "docs", "images", name + ".png") });
        }
    }

    private async Task<Window> SignIn(int width = 1280, ColorScheme colors = ColorScheme.Light, bool hasScripts = true, string? key = null)
    {
        var window = await Open(width, colors, hasScripts);
        await window.Page.GotoAsync(Links.SignIn);
        await window.Page.GetByLabel("API key").FillAsync(key ?? ConsoleNode.OperatorKey);
        await window.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await window.Page.WaitForURLAsync("**/console");
        return window;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The window disposes of it.")]
    private async Task<Window> Open(
        int width = 1280, ColorScheme colors = ColorScheme.Light, bool hasScripts = true, ConsoleNode? at = null)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = (at ?? node).Address.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            ColorScheme = colors,
            JavaScriptEnabled = hasScripts,
        });
        return await Window.Open(context);
    }

    /// <summary>A window of its own, with all that its console says.</summary>
    private sealed class Window : IAsyncDisposable
    {
        private readonly List<string> _complaints = [];

        private Window(IPage page) => Page = page;

        public IPage Page { get; }

        public static async Task<Window> Open(IBrowserContext context)
        {
            var window = new Window(await context.NewPageAsync());
            context.Console += (_, message) => window._complaints.Add(message.Text);
            context.WebError += (_, error) => window._complaints.Add(error.Error);
            return window;
        }

        public void HasNoComplaints(string? but = null) =>
            Assert.DoesNotContain(_complaints, complaint => but is null || !complaint.Contains(but, StringComparison.Ordinal));

        public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
    }
}
