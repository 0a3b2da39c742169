using System.Runtime.Versioning;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Rule K5: where keys are kept, and where they go.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContextTests(Node node)
{
    [Fact]
    public async Task Ork_K5_a_login_keeps_the_key_where_only_its_owner_can_read_it()
    {
        var file = node.NewFile();
        var asked = await node.Ork(
            Of(file) with { IsTerminal = true, Input = $"{node.Url}\n", Hidden = Node.Key },
            "login",
            "--name",
            "here");
        Assert.Equal((0, ""), (asked.Code, asked.Out));
        Assert.DoesNotContain(Node.Key, asked.Error, StringComparison.Ordinal);
        Assert.Contains("The context is here.", asked.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        Assert.Equal(0, (await node.Ork(Of(file), "models")).Code);
        Assert.Equal(
            0,
            (await node.Ork(Of(file) with { Input = Node.Key + "\n" }, "login", node.Url.AbsoluteUri)).Code);
        var list = (await node.Ork(Of(file), "context", "list")).Data;
        Assert.Contains("127.0.0.1", list, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Node.Key,
            list + (await node.Ork(Of(file), "context", "list", "--json")).Data,
            StringComparison.Ordinal);
        Assert.Equal("127.0.0.1\nhere\n", (await node.Ork(Of(file), "context", "list", "-q")).Data);
        Assert.Equal(0, (await node.Ork(Of(file), "context", "use", "here")).Code);
        Assert.Equal(0, (await node.Ork(Of(file), "context", "remove", "here")).Code);
        Assert.Equal(2, (await node.Ork(Of(file), "models")).Code);
        Assert.Equal(0, (await node.Ork(Of(file), "models", "--context", "127.0.0.1")).Code);
        Assert.Equal(2, (await node.Ork(Of(file), "models", "--context", "here")).Code);
    }

    [Fact]
    public async Task Ork_K5_a_file_that_others_can_read_is_refused()
    {
        var file = node.NewFile();
        await File.WriteAllTextAsync(file, $$$$"""{"current":"a","contexts":{"a":{"url":"{{{{node.Url}}}}","api_key":"{{{{Node.Key}}}}"}}}""");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        var run = await node.Ork(Of(file), "models");

        Assert.Equal(2, run.Code);
        Assert.Contains($"chmod 600 {file}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K5_the_key_of_a_context_goes_to_its_own_url_only()
    {
        await using var stranger = await PlayedServer.Start((context, _) =>
            PlayedServer.Json(context, $$"""{"items":[],"next_page_token":null,"seen":"{{context.Request.Headers.Authorization}}"}"""));
        var file = node.NewFile();
        Assert.Equal(0, (await node.Ork(Of(file) with { Input = Node.Key }, "login", node.Url.AbsoluteUri)).Code);

        var run = await node.Ork(Of(file), "api", "GET", "/v1/models", "--registry", stranger.Url.AbsoluteUri);

        Assert.Contains("\"seen\": \"\"", run.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://registry.example", "plain http to registry.example")]
    [InlineData("no url", "no valid URL")]
    public async Task Ork_K5_a_login_that_would_leak_or_fails_keeps_nothing(string url, string cause)
    {
        var file = node.NewFile();

        var run = await node.Ork(Of(file) with { Input = Node.Key }, "login", url);

        Assert.Equal(2, run.Code);
        Assert.Contains(cause, run.Error, StringComparison.Ordinal);
        Assert.Equal(3, (await node.Ork(Of(file) with { Input = "wrong" }, "login", node.Url.AbsoluteUri)).Code);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Ork_K5_no_option_takes_a_key_and_two_keys_are_refused()
    {
        Assert.All(HelpTests.Paths(), path => Assert.DoesNotContain("api-key", path, StringComparison.Ordinal));
        Assert.DoesNotContain(
            "--api-key",
            await File.ReadAllTextAsync(
                Path.Combine(RepositoryRoot.Directory, "tests/OrleansRegistry.Cli.Tests/Golden/help.txt")),
            StringComparison.Ordinal);
        var run = await node.Ork(new Around { Variables = { ["ORK_API_KEY_FILE"] = "/nowhere" } }, "models");
        Assert.Equal(2, run.Code);
        Assert.Contains("both set", run.Error, StringComparison.Ordinal);
    }

    private static Around Of(string file) =>
        new() { Variables = { ["ORK_CONFIG"] = file, ["ORK_URL"] = "", ["ORK_API_KEY"] = "" } };
}
