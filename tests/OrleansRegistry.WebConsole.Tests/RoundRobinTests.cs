namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Journeys behind a balancer without affinity: each request goes to the other one of two gateways.</summary>
[Trait("Database", "PostgreSQL")]
public sealed class RoundRobinTests(TwoGateways gateways) : IClassFixture<TwoGateways>
{
    [Fact]
    public async Task Who_signs_in_promotes_undoes_it_and_signs_out_everywhere_meets_two_gateways_as_one()
    {
        var key = await gateways.Nodes[0].NewKey("deployer");
        var (browser, other) = (gateways.NewBrowser(), gateways.NewBrowser());
        foreach (var one in (Browser[])[browser, other])
        {
            var signIn = await one.Open((await one.Open("/console/events")).Is(303).Location!);
            Assert.Equal("/console/events", (await one.Submit(signIn, "Sign in", ("key", key))).Is(303).Location);
        }

        var form = (await browser.Open(Links.Deploy)).Is(200);
        var deployed = await browser.Submit(form, "Deploy", ("model_name", $"balanced {Guid.NewGuid():N}"), ("publish", "true"));
        var model = deployed.Is(303).Location!.Split('/')[3];
        await gateways.Nodes[1].Api("POST", "/v1/model_versions", $$"""{"model_name":"{{await NameOf(model)}}"}""");

        var confirmation = (await browser.Open(Links.Command(model, "0.2.0", "promote"))).Is(200);
        var promoted = await browser.Submit(confirmation, "Make 0.2.0 primary", ("comment", "round and round"));
        var receipt = await browser.Open(promoted.Is(303).Location!);
        Assert.Equal("0.2.0 is primary.", receipt.Receipt);
        Assert.Null((await browser.Open(promoted.Location!)).Receipt);

        var undo = (await browser.Open(receipt.Document.QuerySelector(".receipt a")!.GetAttribute("href")!)).Is(200);
        var undone = await browser.Submit(undo, "Roll back to 0.1.0");
        Assert.Equal("0.1.0 is primary.", (await browser.Open(undone.Is(303).Location!)).Receipt);

        var sessions = (await browser.Open(Links.Sessions)).Is(200);
        Assert.Equal(2, sessions.Document.QuerySelectorAll("tbody tr").Length);
        (await browser.Submit(sessions, "Sign out everywhere")).Is(303);
        foreach (var _ in gateways.Nodes)
        {
            (await browser.Open(Links.Root)).Is(303);
            (await other.Open(Links.Root)).Is(303);
        }
    }

    private async Task<string> NameOf(string model) => (string)(await gateways.Nodes[0].Api("GET", $"/v1/models/{model}"))["name"]!;
}
