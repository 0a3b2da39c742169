namespace OrleansRegistry.WebConsole.Tests;

/// <summary>The form of rates, on a node whose rates nobody else puts.</summary>
public sealed class RatesPageTests(ConsoleNode node) : IClassFixture<ConsoleNode>
{
    private const string Lines = "published 2020-01-01 0.0125 gpu-large\ndraft 2020-01-01T12:30:00Z 1\npublished 2021-01-01 0.02 gpu-large";

    [Fact]
    public async Task Rates_are_looked_at_before_they_are_put_and_nothing_is_put_by_looking()
    {
        await node.Api("PUT", "/v1/billing/rates", """{"rates":[{"instance_type":"old","stage":"draft","price_per_minute":"3","effective_from":"2020-01-01"}]}""");
        var before = (await node.Api("GET", "/v1/billing/rates")).ToJsonString();
        var browser = await node.SignIn();
        var form = (await browser.Open((await browser.Open(Links.Billing)).Document.QuerySelector($"a[href='{Links.Rates}']")!.GetAttribute("href")!)).Is(200);
        Assert.Equal("draft 2020-01-01 3 old", form.Document.QuerySelector("textarea")!.TextContent);

        var look = (await browser.Submit(form, "Look at the changes", ("rates", Lines.Replace("\n", "\r\n", StringComparison.Ordinal)))).Is(200);

        Assert.Equal(
        [
            "New: no instance type, draft, from 2020-01-01T12:30:00Z costs 1 USD a minute.", "New: gpu-large, published, from 2020-01-01 costs 0.0125 USD a minute.",
            "New: gpu-large, published, from 2021-01-01 costs 0.02 USD a minute.", "Gone: old, draft, from 2020-01-01.",
            "They hold for every month that is not closed, past ones too.",
        ],
        look.Document.QuerySelectorAll(".effects li").Select(effect => effect.TextContent));
        Assert.Equal(before, (await node.Api("GET", "/v1/billing/rates")).ToJsonString());

        var put = await browser.Submit(look, "Put 3 rates", ("comment", "new hardware"));
        Assert.Equal("3 rates are put.", (await browser.Open(put.Is(303).Location!)).Receipt);
        var again = (await browser.Open(Links.Rates)).Is(200);
        Assert.Equal(3, again.Document.QuerySelector("textarea")!.TextContent.Split('\n').Length);
        Assert.Contains("there already", (await browser.Submit(again, "Look at the changes")).Is(200).Problem, StringComparison.Ordinal);

        // What somebody else has put meanwhile stays.
        await node.Api("PUT", "/v1/billing/rates", """{"rates":[]}""");
        foreach (var stale in (Page[])[await browser.Submit(look, "Put 3 rates"), await browser.Submit(again, "Look at the changes")])
        {
            Assert.Contains("meanwhile", stale.Is(412).Problem, StringComparison.Ordinal);
            Assert.Contains("gpu-large", stale.Document.QuerySelector("textarea")!.TextContent, StringComparison.Ordinal);
        }

        Assert.Equal("[]", (await node.Api("GET", "/v1/billing/rates"))["rates"]!.ToJsonString());
    }

    [Theory]
    [InlineData("published 2020-01-01 cheap", "Line 1: price_per_minute")]
    [InlineData("draft 2020-01-01 1\n\nnever 2020-01-01 1", "ine 2: stage")]
    [InlineData("draft yesterday 1", "ine 1: effective_from")]
    [InlineData("draft", "ine 1: ")]
    [InlineData("draft 2020-01-01 1\ndraft 2020-01-01 2", "ine 2: effective_from must differ")]
    public async Task A_dry_run_that_fails_says_what_is_wrong_by_line_and_keeps_the_text(string lines, string why)
    {
        var browser = await node.SignIn();

        var page = await browser.Submit(await browser.Open(Links.Rates), "Look at the changes", ("rates", lines));

        Assert.Contains(why, page.Is(400).Document.QuerySelector(".error")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(lines, page.Document.QuerySelector("textarea")!.TextContent);
    }

    [Fact]
    public async Task Only_admins_put_rates()
    {
        var browser = await node.SignIn(await node.NewKey("deployer"));

        (await browser.Open(Links.Rates)).Is(403);
        (await browser.Post(Links.Rates + "/put", [("rates", Lines)])).Is(403);
        Assert.Null((await browser.Open(Links.Billing)).Document.QuerySelector($"a[href='{Links.Rates}']"));
    }
}
