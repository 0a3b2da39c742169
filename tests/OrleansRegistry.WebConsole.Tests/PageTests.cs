using System.IO.Compression;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>What every page shows, is allowed to do, and weighs.</summary>
[Collection(OnOneNode.Name)]
public sealed class PageTests(ConsoleNode node)
{
    [Fact]
    public async Task Every_page_loads_its_own_origin_only_and_is_kept_by_nobody()
    {
        var version = await node.Deploy($"a model {Guid.NewGuid():N}");
        var id = (string)version["model_id"]!;
        var browser = await node.SignIn();
        foreach (var path in (string[])[Links.SignIn, Links.Root, Links.Model(id), Links.Version(id, "0.1.0"), Links.Events, Links.Sessions, "/console/models/nothing0000", "/console/nothing"])
        {
            var page = await browser.Open(path);

            Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.Contains("require-trusted-types-for 'script'", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.Equal("no-store", page.Headers["Cache-Control"]);
            Assert.Equal("Cookie", page.Headers["Vary"]);
            Assert.Equal("same-origin", page.Headers["Cross-Origin-Opener-Policy"]);
            Assert.Empty(page.Document.QuerySelectorAll("[style], [onclick], script:not([src]), style"));
            Assert.All(page.Document.QuerySelectorAll("[src], link[href]"), found => Assert.StartsWith("/console/assets/", found.GetAttribute("src") ?? found.GetAttribute("href"), StringComparison.Ordinal));
            Assert.NotEmpty(page.Document.QuerySelector("h1")!.TextContent);
        }
    }

    [Fact]
    public async Task The_scripts_of_the_API_reference_ask_the_interface_and_not_the_console()
    {
        var page = await new Browser(node).Send(HttpMethod.Get, "/scalar/", null, ("Accept", "text/html"));

        var own = $"{node.Address.Host}:{node.Address.Port}";
        Assert.EndsWith(
            $"; form-action 'none'; base-uri 'none'; frame-src 'none'; connect-src {own}/openapi/ {own}/v1/ {own}/v2/",
            page.Is(200).Headers["Content-Security-Policy"],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_root_leads_browsers_here()
    {
        var page = await new Browser(node).Send(HttpMethod.Get, "/", null, ("Accept", "text/html"));

        Assert.Equal(Links.Root, page.Is(302).Location);
    }

    [Fact]
    public async Task A_page_that_is_not_there_says_so()
    {
        var browser = await node.SignIn();

        var page = (await browser.Open("/console/models/nothing0000")).Is(404);

        Assert.Contains("model_not_found", page.Text, StringComparison.Ordinal);
        Assert.NotNull(page.Document.QuerySelector($"a[href='{Links.Root}']"));
    }

    [Fact]
    public async Task The_model_page_with_fifty_versions_and_what_it_loads_weigh_at_most_25_KB()
    {
        var name = $"fifty {Guid.NewGuid():N}";
        var id = "";
        for (var number = 0; number < 50; number++)
        {
            id = (string)(await node.Deploy(name))["model_id"]!;
        }

        var page = (await (await node.SignIn()).Open(Links.Model(id))).Is(200);

        Assert.Equal(50, page.Document.QuerySelectorAll(".versions li").Length);
        var script = Zipped(AssetFile.Script.Content.Span) + Zipped(AssetFile.Keys.Content.Span);
        var (html, css) = (Zipped(page.Html), Zipped(AssetFile.Css.Content.Span));
        Assert.True(html + css + script <= 25 * 1024, $"{html} + {css} + {script}");
        Assert.InRange(css, 1, 8 * 1024);
        Assert.InRange(script, 1, 12 * 1024);
    }

    [Fact]
    public async Task A_long_list_of_versions_has_pages_and_can_be_filtered_by_state()
    {
        var name = $"long {Guid.NewGuid():N}";
        var id = "";
        for (var number = 0; number < 101; number++)
        {
            id = (string)(await node.Deploy(name, ""))["model_id"]!;
        }

        var browser = await node.SignIn();
        var first = await browser.Open(Links.Model(id));
        var second = await browser.Open(first.Document.QuerySelector(".versions [rel=next]")!.GetAttribute("href")!);

        Assert.Equal(100, first.Document.QuerySelectorAll(".versions li").Length);
        Assert.Equal("0.1.0", Assert.Single(second.Document.QuerySelectorAll(".versions .number")).TextContent);
        Assert.Empty((await browser.Open(Links.Model(id) + "?state=published")).Document.QuerySelectorAll(".versions li"));
        Assert.Equal(400, (await browser.Open(Links.Model(id) + "?state=nonsense")).Status);
    }

    private static int Zipped(string text) => Zipped(System.Text.Encoding.UTF8.GetBytes(text));

    private static int Zipped(ReadOnlySpan<byte> bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return (int)zipped.Length;
    }
}
