using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>Requests from other sites (rule G4): the whole matrix on the rule, and what counts of it on every route.</summary>
[Collection(OnOneNode.Name)]
public sealed class SameOriginTests(ConsoleNode node)
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string?[] Sites = [null, "same-origin", "same-site", "cross-site", "none", "junk"];
    private static readonly string?[] Origins = [null, "http://registry.example", "http://registry.example:81", "http://evil.example", "null"];
    private static readonly bool[] Navigations = [false, true];

    [Fact]
    public void G4_only_these_of_all_requests_are_taken()
    {
        var taken =
            from method in Methods
            from site in Sites
            from origin in Origins
            from isNavigation in Navigations
            where SameOrigin.Problem(Request(method, site, origin, isNavigation)) is null
            group (origin, isNavigation) by (method, site) into found
            select $"{found.Key.method} {found.Key.site ?? "-"}: {(found.Count() == Origins.Length * Navigations.Length ? "all"
                : string.Join(", ", found.Select(request => $"{request.origin ?? "-"}{(request.isNavigation ? " by a link" : "")}")))}";

        const string links = "- by a link, http://registry.example by a link, http://registry.example:81 by a link, http://evil.example by a link, null by a link";
        const string own = "http://registry.example, http://registry.example by a link";
        Assert.Equal(
        [
            "GET -: all", "GET same-origin: all", $"GET same-site: {links}", $"GET cross-site: {links}", "GET none: all", $"GET junk: {links}",
            "HEAD -: all", "HEAD same-origin: all", $"HEAD same-site: {links}", $"HEAD cross-site: {links}", "HEAD none: all", $"HEAD junk: {links}",
            $"POST -: {own}", "POST same-origin: all",
            $"PUT -: {own}", "PUT same-origin: all",
            $"PATCH -: {own}", "PATCH same-origin: all",
            $"DELETE -: {own}", "DELETE same-origin: all",
        ],
        taken);
    }

    [Fact]
    public async Task G4_no_form_of_another_site_is_taken_on_any_route_and_nothing_changes()
    {
        var name = $"guarded {Guid.NewGuid():N}";
        await node.Deploy(name);
        var model = (string)(await node.Deploy(name, ""))["model_id"]!;
        var before = (await node.Api("GET", $"/v1/models/{model}")).ToJsonString();
        var browser = await node.SignIn();
        var session = browser.Cookies[SessionCookie.Name];
        var posts = node.Pages.Where(route => route.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.IHttpMethodMetadata>()!.HttpMethods.Contains("POST")).ToList();
        Assert.True(posts.Count >= 7);
        foreach (var path in posts.SelectMany(route => Paths(route.RoutePattern.RawText!, model)))
        {
            foreach (var headers in Foreign)
            {
                var stranger = new Browser(node);
                var page = await stranger.Send(HttpMethod.Post, path, [("key", ConsoleNode.OperatorKey), ("confirm", "x")], [("Cookie", $"{SessionCookie.Name}={session}"), .. headers]);

                page.Is(403);
                Assert.DoesNotContain(page.Headers.Keys, name => name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) && page.Headers[name].Contains("ors_", StringComparison.Ordinal));
            }
        }

        Assert.Equal(before, (await node.Api("GET", $"/v1/models/{model}")).ToJsonString());
        (await browser.Open(Links.Root)).Is(200);
    }

    [Fact]
    public async Task G4_no_page_is_read_by_another_site_with_somebodys_session()
    {
        var browser = await node.SignIn();
        var session = browser.Cookies[SessionCookie.Name];
        foreach (var site in (string[])["same-site", "cross-site"])
        {
            var stranger = new Browser(node);
            var page = await stranger.Send(
                HttpMethod.Get, Links.Root, null, ("Cookie", $"{SessionCookie.Name}={session}"), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors"));

            page.Is(403);
            Assert.DoesNotContain("Search by name", page.Html, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<(string, string)[]> Foreign =>
    [
        [("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example")],
        [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")],
        [("Sec-Fetch-Site", "none")],
        [("Origin", "null")],
        [],
    ];

    private static IEnumerable<string> Paths(string pattern, string model) => ConsoleCommand.All.Select(command => pattern
        .Replace("{model}", model, StringComparison.Ordinal)
        .Replace("{number}", "0.1.0", StringComparison.Ordinal)
        .Replace("{command}", command.Name, StringComparison.Ordinal)
        .Replace("{id}", "abcd234567", StringComparison.Ordinal)).Distinct();

    private static HttpRequest Request(string method, string? site, string? origin, bool isNavigation)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.Scheme = "http";
        request.Host = new HostString("registry.example");
        Add("Sec-Fetch-Site", site);
        Add("Origin", origin);
        Add("Sec-Fetch-Mode", isNavigation ? "navigate" : "no-cors");
        Add("Sec-Fetch-Dest", isNavigation ? "document" : "empty");
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers[name] = value;
            }
        }
    }
}
