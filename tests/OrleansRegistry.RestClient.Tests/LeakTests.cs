using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>Rule C10: no surprise, no leak.</summary>
public sealed class LeakTests(Node node)
{
    private const string Key = "secret-6f1c2a";

    [Fact]
    public async Task Client_C10_the_key_stands_in_no_error()
    {
        var options = new RegistryRestClientOptions { Url = node.Url, ApiKey = Key };
        using var client = Node.ClientOf(options);
        List<object> told = [options, client, await Assert.ThrowsAsync<UnauthenticatedException>(() => client.GetRates())];
        options.Url = new Uri($"http://127.0.0.1:{RegistryProcess.FreePort()}");
        using var unconnected = Node.ClientOf(options);
        told.Add(await Assert.ThrowsAsync<ConnectionFailedException>(() => unconnected.GetRates()));
        options.ApiKey = Key + "\r\n";
        told.Add(Assert.Throws<ArgumentException>(() => new RegistryRestClient(options)));

        Assert.All(told, thing => Assert.DoesNotContain(Key, thing.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Client_C10_no_redirect_is_followed()
    {
        await using var thief = await PlayedServer.Start("{}");
        await using var registry = await PlayedServer.Start((context, _) =>
        {
            context.Response.Redirect(thief.Url + "v1/billing/rates");
            return Task.CompletedTask;
        });
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));

        Assert.Contains(
            "redirects",
            (await Assert.ThrowsAsync<InvalidAnswerException>(() => client.GetRates())).Message,
            StringComparison.Ordinal);

        Assert.Empty(thief.Received);
    }

    [Theory]
    [InlineData("http://registry.example", "plain http to registry.example")]
    [InlineData("http://10.0.0.1:5080", "plain http")]
    [InlineData("https://user:pw@registry.example", "without a user")]
    [InlineData("https://registry.example?key=1", "a query")]
    [InlineData("ftp://registry.example", "must begin with")]
    public void Client_C10_a_url_that_would_leak_is_refused(string url, string cause)
    {
        var error = Assert.Throws<ArgumentException>(
            () => new RegistryRestClient(new RegistryRestClientOptions { Url = new Uri(url) }));

        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pw", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:1", false)]
    [InlineData("http://[::1]:1", false)]
    [InlineData("https://registry.example", false)]
    [InlineData("http://registry.example", true)]
    public void Client_C10_plain_http_goes_to_this_machine_or_where_the_user_says_so(string url, bool insecure)
    {
        using var client = new RegistryRestClient(new RegistryRestClientOptions { Url = new Uri(url), Insecure = insecure });
        Assert.NotNull(client);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public void Client_C10_a_name_can_t_lead_to_another_path(string name) =>
        Assert.Throws<ArgumentException>(() => { _ = node.Registry.GetModel(name); });
}
