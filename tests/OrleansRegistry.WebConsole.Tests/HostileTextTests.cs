using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>
/// Texts of users on every page that shows some, and in every form: they are shown as they were written, and nothing is
/// made of them. The oracle is a page with a plain text: no page has an element or an attribute that it has not.
/// </summary>
[Trait("Speed", "Slow")]
public sealed class HostileTextTests(ConsoleNode node) : IClassFixture<ConsoleNode>
{
    private const string Plain = "plain";

    private static readonly string[] ModelTabs = ["", "/traffic", "/history", "/aliases", "/events", "/resolve", "/settings"];
    private static readonly string[] VersionTabs = ["", "/traffic", "/events", "/resolve", "/billing", "/logs"];

    private static readonly string[] Payloads =
    [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg onload=alert(1)>", "</title><script>1</script>",
        "</textarea><b>bold</b>", "</select><h1>x</h1>", "</code></pre><hr>", "\" onmouseover=\"alert(1)", "' autofocus onfocus='alert(1)",
        "x onclick=alert(1) y", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>1</script>", "vbscript:x", "//evil.example/x",
        "https://evil.example/?a=1&b=2", "<a href=//evil.example>x</a>", "<base href=//evil.example/>", "<meta http-equiv=refresh content=0>",
        "<iframe src=//evil>", "<form action=//evil><input name=key>", "<svg><animate onbegin=1 /></svg>", "<math><mi xlink:href=x>", "<style>*{}</style>",
        "<!--", "-->", "<![CDATA[x]]>", "]]>", "&lt;b&gt;", "&#60;b&#62;", "a & b &copy; c", "{{7*7}}", "@(1+1) @Model", "${x} #{x}", "`x`", "<%= 1 %>",
        "%3Cb%3E", "\\u003cb\\x3c", "=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"//evil\";\"x\")", "a\tb", "a\nb\nc", "a\u2028b\u2029c",
        "\u202eevil\u202c", "\u2066x\u2069\u200f", "\u0001\u001b[31mred", "a\u0000b", "\ufeffx", "日本語 ünïcödé עברית", "🐍👩‍👩‍👧", "\u00e9\u0301\u0301\u0301", "<x",
        new string('W', 450), string.Concat(Enumerable.Repeat("<b>", 150)),
    ];

    [Fact]
    public async Task Hostile_texts_are_shown_as_they_were_written_on_every_page_and_make_nothing()
    {
        Assert.True(Payloads.Length >= 40);
        var browser = await node.SignIn();
        var plain = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var payload in (string[])[Plain, .. Payloads])
        {
            var made = await Make(payload);
            foreach (var (pattern, path) in Pages(made, made.Text))
            {
                var page = (await browser.Open(path)).Is(200);
                var shapes = page.Document.All.Select(Shape).ToHashSet(StringComparer.Ordinal);
                if (payload == Plain)
                {
                    // Lists get a link to the next page as they grow.
                    plain[pattern] = [.. shapes, "p ", "a href rel"];
                }

                IsPlain(page, plain[pattern], $"{payload} on {path}");
                Assert.True(!ShowsText(pattern) || Shows(page, made.Text), $"{payload} is not on {path}:\n{page.Html}");
                if (pattern.StartsWith("/console/models/{model}", StringComparison.Ordinal))
                {
                    Assert.Contains(made.Name, page.Document.QuerySelector("h1")!.TextContent, StringComparison.Ordinal);
                }

                seen.Add(pattern);
            }
        }

        // No page is forgotten: whoever adds one says here what it is opened with.
        string[] elsewhere = [Links.Live, Links.Root + "/{*rest}"];
        Assert.Empty(node.Pages.Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains("GET"))
            .Select(route => route.RoutePattern.RawText!)
            .Where(pattern => !pattern.Contains("/assets/", StringComparison.Ordinal) && !pattern.EndsWith("/logs/live", StringComparison.Ordinal)
                && !pattern.EndsWith("/csv", StringComparison.Ordinal))
            .Except([.. seen, .. elsewhere]));
    }

    [Fact]
    public async Task Hostile_texts_in_any_field_of_any_form_are_answered_with_a_page()
    {
        foreach (var payload in Payloads)
        {
            var made = await Make(Plain);
            var browser = await node.SignIn();
            foreach (var (_, path) in Pages(made, Plain))
            {
                var page = await browser.Open(path);
                foreach (var form in page.Document.QuerySelectorAll("main form[method=post]"))
                {
                    var action = form.GetAttribute("action")!;
                    if (action.StartsWith(Links.Sessions, StringComparison.Ordinal))
                    {
                        continue;
                    }

                    var names = form.QuerySelectorAll("[name]").Select(field => field.GetAttribute("name")!).Distinct();
                    var answer = await browser.Post(action, names.Select(name => (name, payload)));

                    Assert.True(answer.Status < 500, $"{payload} to {action}: {answer.Status}\n{answer.Html}");
                    if (answer.Html.Length > 0)
                    {
                        Assert.Empty(answer.Document.QuerySelectorAll("img, iframe, style, b, base, form:not([action^='/console']), a:not([href^='/console']):not([href^='#'])"));
                    }
                }
            }
        }
    }

    /// <summary>All that a payload can be the text of.</summary>
    private async Task<Made> Make(string payload)
    {
        // Comments have no other control characters than ends of lines.
        var text = string.Concat(payload.Where(c => c == '\n' || !char.IsControl(c)));
        var json = JsonValue.Create(text).ToJsonString();
        var name = $"{Name(payload)} {Guid.NewGuid():N}";
        var model = (string)(await node.Deploy(name, $"\"publish\":true,\"description\":{json},\"comment\":{json}"))["model_id"]!;
        await node.Deploy(name, $"\"publish\":true,\"description\":{json},\"labels\":{{\"k\":{JsonValue.Create(text[..Math.Min(text.Length, 60)]).ToJsonString()}}}");
        await node.Api("PATCH", $"/v1/models/{model}", $$"""{"description":{{json}},"comment":{{json}}}""");
        await node.Api("PUT", $"/v1/models/{model}/aliases/staging", $$"""{"version":"0.1.0","comment":{{json}}}""");
        await node.Api("PUT", $"/v1/models/{model}/aliases/staging", $$"""{"version":"0.2.0","comment":{{json}}}""");
        var key = (string)(await node.Api("POST", "/v1/api_keys", $$"""{"name":{{JsonValue.Create(Name(payload)).ToJsonString()}},"role":"viewer"}"""))["key"]!;
        var webhook = (string)(await node.Api(
            "POST", "/v1/webhooks", $$"""{"url":"http://127.0.0.1:9/x","model":"{{model}}","description":{{json}}}"""))["webhook"]!["id"]!;
        return new Made(model, name, text, key.Split('_')[1], webhook);
    }

    private static IEnumerable<(string Pattern, string Path)> Pages(Made made, string text)
    {
        var query = Uri.EscapeDataString(text);
        const string model = Links.Root + "/models/{model}";
        const string version = model + "/versions/{number}";
        (string, string)[] pages =
        [
            (Links.Root, $"{Links.Root}?q={Uri.EscapeDataString(made.Name[^32..])}"), (Links.SignIn, $"{Links.SignIn}?return={query}"),
            (Links.Events, $"{Links.Events}?model={made.Model}"), (Links.Environments, Links.Environments), (Links.Deploy, $"{Links.Deploy}?model={query}"),
            (Links.Billing, Links.Billing), (Links.Rates, Links.Rates), (Links.Billing + "/{month}", Links.Month("2026-01")), (Links.Billing + "/{month}/close", Links.Month("2026-01", "/close")),
            (Links.Access, Links.Access), (Links.Access + "/new", $"{Links.Access}/new?workspace={query}"),
            (Links.Access + "/{prefix}/rotate", Links.Key(made.Key, "rotate")), (Links.Access + "/{prefix}/revoke", Links.Key(made.Key, "revoke")),
            (Links.Webhooks, Links.Webhooks), (Links.Webhooks + "/new", Links.Webhooks + "/new"), (Links.Webhooks + "/{id}", Links.Webhook(made.Webhook)),
            (Links.Webhooks + "/{id}/edit", Links.Webhook(made.Webhook, "/edit")), (Links.Webhooks + "/{id}/rotate", Links.Webhook(made.Webhook, "/rotate")),
            (Links.Webhooks + "/{id}/delete", Links.Webhook(made.Webhook, "/delete")), (Links.Workspaces, Links.Workspaces), (Links.Sessions, Links.Sessions),
            (model + "/rollback", Links.Model(made.Model, "/rollback")), (model + "/delete", Links.Model(made.Model, "/delete")),
            (model + "/aliases/{alias}", Links.Alias(made.Model, "staging")),
            (model + "/aliases/{alias}/rollback", Links.Alias(made.Model, "staging", "/rollback")),
            (model + "/aliases/{alias}/remove", Links.Alias(made.Model, "staging", "/remove")),
            (version + "/{command}", Links.Command(made.Model, "0.1.0", "promote")),
        ];
        return pages
            .Concat(ModelTabs.Select(tab => (model + tab, Links.Model(made.Model, tab))))
            .Concat(VersionTabs.Select(tab => (version + tab, Links.Version(made.Model, "0.1.0", tab))));
    }

    /// <summary>Whether a page shows descriptions, comments or what its address says.</summary>
    private static bool ShowsText(string pattern) => pattern is
        Links.Events or Links.Deploy or Links.Root + "/models/{model}/events" or Links.Root + "/models/{model}/settings"
        or Links.Root + "/models/{model}/versions/{number}" or Links.Root + "/models/{model}/versions/{number}/events"
        or Links.Webhooks + "/{id}" or Links.Webhooks + "/{id}/edit";

    /// <summary>Whether a text stands somewhere as it was written, as text or in a field of a form.</summary>
    private static bool Shows(Page page, string text) =>
        page.Document.Body!.TextContent.Contains(text, StringComparison.Ordinal)
        || page.Document.QuerySelectorAll("input").Any(field => OneLine(((IHtmlInputElement)field).Value) == OneLine(text))
        || page.Document.QuerySelectorAll("textarea").Any(field => ((IHtmlTextAreaElement)field).Value == text);

    /// <summary>A field of one line leaves out the ends of lines.</summary>
    private static string OneLine(string text) => text.Replace("\n", "", StringComparison.Ordinal);

    private static void IsPlain(Page page, HashSet<string> shapes, string what)
    {
        Assert.True(page.Document.All.All(element => shapes.Contains(Shape(element))), $"{what}: {string.Join("; ", page.Document.All.Select(Shape).Except(shapes))}");
        foreach (var attribute in page.Document.All.SelectMany(element => element.Attributes).Where(attribute => attribute.Name is "href" or "src" or "action" or "formaction"))
        {
            Assert.True(attribute.Value.StartsWith(Links.Root, StringComparison.Ordinal) || attribute.Value is ['#', ..], $"{what}: {attribute.Value}");
        }
    }

    /// <summary>An element with the names of its attributes.</summary>
    private static string Shape(IElement element) =>
        $"{element.LocalName} {string.Join(' ', element.Attributes.Select(attribute => attribute.Name).Order(StringComparer.Ordinal))}";

    /// <summary>A name that a payload is as like as names may be.</summary>
    private static string Name(string payload)
    {
        var name = new StringBuilder();
        foreach (var c in payload.AsSpan()[..Math.Min(payload.Length, 80)])
        {
            name.Append(c is '/' or '\\' or '%' || CharUnicodeInfo.GetUnicodeCategory(c)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
                    ? '|'
                    : c);
        }

        return name.ToString();
    }

    private sealed record Made(string Model, string Name, string Text, string Key, string Webhook);
}
