using OrleansRegistry.Cli.Output;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Text of others never reaches the terminal raw: it could move the cursor, set the title or fake
/// lines.</summary>
public sealed class HostileTests(Node node)
{
    private const string Hostile = "\u001b]0;owned\u0007 \u001b[2K\r\u009b31m \u202eabc \u2028x\n\u007f \ud83d\ude00 \U000e0041é";

    [Theory]
    [InlineData("show ID")]
    [InlineData("show NAME")]
    [InlineData("versions NAME")]
    [InlineData("models NAME")]
    [InlineData("events NAME")]
    [InlineData("diff ID ID2")]
    [InlineData("show ID --json")]
    [InlineData("versions NAME --json")]
    [InlineData("api GET /v1/model_versions/ID")]
    public async Task Control_characters_of_fields_are_shown_by_their_codes(string command)
    {
        var name = node.NewName();
        // What the registry refuses by now is sent by an older one, and by a wrong one.
        await using var registry = await PlayedServer.Start(
            (context, _) => PlayedServer.Json(context, Document(name, context.Request.Path)));
        var around = new Around { IsTerminal = true, Variables = { ["ORK_URL"] = registry.Url.AbsoluteUri } };

        var run = await node.Ork(
            around,
            command.Replace("NAME", name, StringComparison.Ordinal).Replace(
                "ID2",
                "aaaaaaaaa1-2",
                StringComparison.Ordinal)
                .Replace("ID", "aaaaaaaaa1-1", StringComparison.Ordinal).Split(' '));

        Assert.Equal(0, run.Code);
        AssertSafe(run.Out + run.Error);
        Assert.Contains(
            command.Contains("diff", StringComparison.Ordinal) ? "state" : "owned",
            run.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_characters_of_refusals_are_shown_by_their_codes()
    {
        var text = System.Text.Json.JsonSerializer.Serialize(Hostile);
        await using var registry = await PlayedServer.Start(
            $$$"""{"status":409,"code":{{{text}}},"detail":{{{text}}},"trace_id":{{{text}}},"errors":{ {{{text}}}:[{{{text}}}]}}""", 409);
        var around = new Around { IsTerminal = true, Variables = { ["ORK_URL"] = registry.Url.AbsoluteUri } };

        var run = await node.Ork(around, "models");

        Assert.Equal(5, run.Code);
        AssertSafe(run.Error.Replace("\u001b[31merror:\u001b[0m", "error:", StringComparison.Ordinal));
        Assert.Contains("owned", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_keeps_its_meaning()
    {
        // Raw within quotes, but for what must be escaped there.
        var json = $"\"{Hostile.Replace("\n", "\\n", StringComparison.Ordinal)}\"";

        Assert.Equal(Hostile, System.Text.Json.JsonSerializer.Deserialize<string>(SafeText.Json(json)));
    }

    [Fact]
    public async Task Ork_K4_no_colour_where_it_is_not_wanted()
    {
        async Task<string> Error(params (string, string)[] variables) => (await node.Ork(
            new Around { IsTerminal = true, Variables = variables.ToDictionary(entry => entry.Item1, entry => entry.Item2) }, "show", "nobody-s")).Error;

        Assert.Contains('\u001b', await Error());
        Assert.DoesNotContain('\u001b', await Error(("NO_COLOR", "1")));
        Assert.DoesNotContain('\u001b', await Error(("TERM", "dumb")));
        Assert.DoesNotContain('\u001b', (await node.Ork("show", "nobody-s")).Error);
    }

    private static void AssertSafe(string text) => Assert.DoesNotContain(
        text.EnumerateRunes(),
        rune => rune.Value != '\n'
            && System.Text.Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control
            or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator);

    private static string Document(string name, string path)
    {
        var text = System.Text.Json.JsonSerializer.Serialize(Hostile);
        var version = $$$"""
            {"id":"aaaaaaaaa1-1","model_id":"aaaaaaaaa1","model_name":{{{text}}},"version":{{{text}}},"state":{{{text}}},"stage":"draft","is_primary":false,
             "serving":{"url":{{{text}}},"status":{{{text}}},"message":{{{text}}}},"labels":{ {{{text}}}:{{{text}}} },"description":{{{text}}},
             "external_id":{{{text}}},"created_at":"2026-01-01T00:00:00Z","created_by":{{{text}}}}
            """;
        var model = $$$"""
            {"id":"aaaaaaaaa1","name":{{{text}}},"primary":null,"primary_policy":"manual","protected":false,"latest_version":{{{text}}},"version_count":1,
             "active_version_count":1,"labels":{},"description":{{{text}}},"created_at":"2026-01-01T00:00:00Z","created_by":{{{text}}}}
            """;
        var happened = $$$"""
            {"id":"1","type":{{{text}}},"at":"2026-01-01T00:00:00Z","workspace":"w","model_id":null,"version_id":{{{text}}},"actor":{{{text}}},
             "comment":{{{text}}},"data":{"reason":{{{text}}} } }
            """;
        return path switch
        {
            "/v1/models" => $$"""{"items":[{{model}}],"next_page_token":null}""",
            _ when path.EndsWith("/versions", StringComparison.Ordinal) => $$"""{"items":[{{version}}],"next_page_token":null}""",
            _ when path.EndsWith("/events", StringComparison.Ordinal) => $$"""{"items":[{{happened}}],"next_page_token":null}""",
            _ when path.EndsWith("-2", StringComparison.Ordinal) => version.Replace(
                "\"stage\":\"draft\"",
                "\"stage\":\"\\u001b[2J\",\"state\":\"x\"",
                StringComparison.Ordinal),
            _ when path.StartsWith("/v1/models/", StringComparison.Ordinal) => model.Replace(
                "NAME",
                name,
                StringComparison.Ordinal),
            _ => version,
        };
    }
}
