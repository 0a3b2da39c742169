using System.Globalization;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Bills: those of a node that nobody else deploys on.</summary>
public sealed class BillingPageTests(ConsoleNode node) : IClassFixture<ConsoleNode>
{
    [Fact]
    public async Task A_bill_has_lines_by_model_and_version_and_says_what_has_no_rate()
    {
        var browser = await node.SignIn();
        var before = (await browser.Open(Links.Billing)).Is(200);
        Assert.Contains("No rates were put.", before.Text, StringComparison.Ordinal);
        await node.Api("PUT", "/v1/billing/rates", """
            {"rates":[{"instance_type":"gpu","stage":"published","price_per_minute":"100","effective_from":"2020-01-01"}]}
            """);
        await node.Deploy("billed", "\"publish\":true,\"instance_type\":\"gpu\"");
        await node.Deploy("billed", "\"publish\":true,\"instance_type\":\"gpu\"");

        var rated = await browser.Open(Links.Billing);
        var month = rated.Document.QuerySelector("#statement-title")!.TextContent;
        var statement = await node.Api("GET", $"/v1/billing/statements/{month}");
        Assert.Equal(month, DateTimeOffset.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        Assert.Equal(["billed"], rated.Document.QuerySelectorAll(".bill .group th").Select(name => name.TextContent));
        Assert.Equal(["0.1.0", "0.2.0"], rated.Document.QuerySelectorAll(".bill tbody tr:not(.group) th").Select(number => number.TextContent));
        Assert.EndsWith((string)statement["currency"]!, rated.Document.QuerySelector("#statement .big")!.TextContent, StringComparison.Ordinal);

        var csv = (await browser.Open(rated.Document.QuerySelector("a[download]")!.GetAttribute("href")!)).Is(200);
        Assert.StartsWith("text/csv", csv.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.StartsWith("BilledCost,", csv.Html, StringComparison.Ordinal);

        await node.Deploy("unrated");
        var unknown = await browser.Open(Links.Billing);
        Assert.Equal("not known yet", unknown.Document.QuerySelector("#statement .big")!.TextContent);
        Assert.Null(unknown.Document.QuerySelector("a[download]"));
        Assert.Contains("no rate", unknown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_month_that_goes_on_is_not_closed_and_none_is_there_that_is_no_month()
    {
        var browser = await node.SignIn();
        var month = (await browser.Open(Links.Billing)).Document.QuerySelector("#statement-title")!.TextContent;

        var close = (await browser.Open(Links.Month(month, "/close"))).Is(200);

        Assert.NotNull(close.Problem);
        Assert.Empty(close.Document.QuerySelectorAll("main form"));
        (await browser.Post(Links.Month(month, "/close"), [])).Is(409);
        (await browser.Open(Links.Month("2026-13"))).Is(400);
        (await browser.Open(Links.Month("2020-01"))).Is(200);
        (await (await node.SignIn(await node.NewKey("viewer"))).Open(Links.Month(month, "/close"))).Is(403);
    }

    [Fact]
    public void A_models_sum_is_shown_only_where_all_its_lines_are_on_the_page()
    {
        var page = new Gateway.StatementPage
        {
            Month = "2026-03",
            Closed = false,
            ClosedAt = null,
            ClosedBy = null,
            ClosedByName = null,
            AsOf = DateTimeOffset.UnixEpoch,
            Currency = "EUR",
            Lines = [Line("a", "0.10"), Line("b", "0.20"), Line("b", "1.05"), Line("c", null)],
            NextPageToken = "more",
            TotalMilliseconds = 0,
            TotalAmount = null,
        };

        var later = Pages.Billing.BillingView.Of(page, isFirst: false, DateTimeOffset.UnixEpoch);
        var first = Pages.Billing.BillingView.Of(page with { NextPageToken = null }, isFirst: true, DateTimeOffset.UnixEpoch);

        Assert.Equal([false, true, false], later.Groups.Select(group => group.IsWhole));
        Assert.Equal([true, true, true], first.Groups.Select(group => group.IsWhole));
        Assert.Equal(["0.10", "1.25", null], first.Groups.Select(group => group.Amount));
    }

    private static StatementLine Line(string model, string? amount) => new()
    {
        ModelId = model,
        ModelName = model,
        VersionId = model + "-1",
        Version = "0.1.0",
        Stage = Stage.Published,
        ActiveMilliseconds = 60_000,
        Amount = amount,
        Charges = [],
    };
}
