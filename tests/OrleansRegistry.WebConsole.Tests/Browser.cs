using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>
/// A browser without scripts: it keeps cookies, and sends what browsers say of where a request comes from. Each of its
/// requests goes to another one of the nodes, as behind a balancer without affinity.
/// </summary>
public sealed class Browser(params IReadOnlyList<ConsoleNode> nodes)
{
    private int _sent;

    private readonly Dictionary<string, string> _cookies = [];

    /// <summary>The cookies that it holds.</summary>
    public IReadOnlyDictionary<string, string> Cookies => _cookies;

    /// <summary>The last cookie lines that it was sent.</summary>
    public IReadOnlyList<string> CookieLines { get; private set; } = [];

    /// <summary>Opens a page.</summary>
    public Task<Page> Open(string path) => Send(HttpMethod.Get, path, null, ("Sec-Fetch-Site", "same-origin"));

    /// <summary>Sends a form.</summary>
    public Task<Page> Post(string path, IEnumerable<(string Name, string Value)> fields) =>
        Send(HttpMethod.Post, path, fields, ("Sec-Fetch-Site", "same-origin"));

    /// <summary>Fills in the one form of a page that a button belongs to, and sends it.</summary>
    public Task<Page> Submit(Page page, string button, params (string Name, string Value)[] filled)
    {
        var form = page.Document.Forms.Single(form => form.QuerySelectorAll("button").Any(found => found.TextContent.Trim() == button));
        var fields = form.QuerySelectorAll("input[name]:not([type=checkbox]), input[name]:checked, select[name], textarea[name]")
            .Select(field => (Name: field.GetAttribute("name")!, Value: field switch
            {
                IHtmlSelectElement select => select.Value ?? "",
                IHtmlTextAreaElement area => area.Value,
                var input => ((IHtmlInputElement)input).Value,
            }))
            .Where(field => filled.All(given => given.Name != field.Name))
            .Concat(filled);
        return Post(form.GetAttribute("action")!, fields);
    }

    /// <summary>Sends a request with headers of the test's own.</summary>
    public async Task<Page> Send(HttpMethod method, string path, IEnumerable<(string Name, string Value)>? form, params (string Name, string Value)[] headers)
    {
        using var client = nodes[_sent++ % nodes.Count].NewClient();
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = nodes.Count > 1 ? "localhost" : null;
        if (_cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = form is null ? null : new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead);
        CookieLines = response.Headers.TryGetValues("Set-Cookie", out var lines) ? [.. lines] : [];
        foreach (var line in CookieLines)
        {
            var pair = line.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0)
            {
                _cookies.Remove(pair[0]);
            }
            else
            {
                _cookies[pair[0]] = pair[1];
            }
        }

        return new Page(
            (int)response.StatusCode,
            response.Headers.Location?.OriginalString,
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsStringAsync());
    }
}

/// <summary>What a browser was answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Location">Where it is led, or null.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Html">The page.</param>
public sealed record Page(int Status, string? Location, IReadOnlyDictionary<string, string> Headers, string Html)
{
    private IHtmlDocument? _document;

    /// <summary>The page, read as browsers do.</summary>
    public IHtmlDocument Document => _document ??= new HtmlParser().ParseDocument(Html);

    /// <summary>The text of the main part, with single spaces.</summary>
    public string Text => string.Join(' ', Document.QuerySelector("main")!.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The receipt of what was done before, or null.</summary>
    public string? Receipt => Document.QuerySelector(".receipt span")?.TextContent;

    /// <summary>The problem that the page tells, or null.</summary>
    public string? Problem => Document.QuerySelector(".problem")?.TextContent;

    /// <summary>Expects a status.</summary>
    public Page Is(int status)
    {
        Assert.True(Status == status, $"{Status} {Location}\n{Html}");
        return this;
    }

    /// <summary>The entries of the menu beside a number, each with why it can't be used.</summary>
    public IReadOnlyDictionary<string, string?> Menu(string number) => Document.QuerySelectorAll(".menu")
        .Single(menu => menu.GetAttribute("aria-label") == $"Actions for {number}")
        .QuerySelectorAll("[role=menuitem]")
        .ToDictionary(item => item.ChildNodes[0].TextContent.Trim(), item => item.QuerySelector("small")?.TextContent);
}
