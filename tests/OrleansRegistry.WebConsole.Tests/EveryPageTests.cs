using System.Text;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>What is sent as a form and is none (rule E3), on every route that takes one, and HEAD on every page.</summary>
[Collection(OnOneNode.Name)]
public sealed class EveryPageTests(ConsoleNode node)
{
    private const string Urlencoded = "application/x-www-form-urlencoded";

    public static TheoryData<string, string, string> Broken => new()
    {
        { "a NUL", Urlencoded, "key=%00&comment=%00" },
        { "too many fields", Urlencoded, string.Join('&', Enumerable.Range(0, 1025).Select(i => $"k{i}=x")) },
        { "a name that is too long", Urlencoded, $"{new string('k', 2049)}=x" },
        { "a character set that is not taken", $"{Urlencoded}; charset=utf-7", "key=x" },
        { "parts without a boundary", "multipart/form-data", "x" },
        { "a boundary that is too long", $"multipart/form-data; boundary={new string('x', 300)}", "x" },
        { "a part that is cut off", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nv" },
        { "parts without an end", "multipart/form-data; boundary=x", "garbage" },
        { "no form, and nothing in it", "x", "" },
        { "nothing at all", "", "" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task E3_a_form_that_can_not_be_read_is_refused_with_a_page_on_every_route(string what, string contentType, string body)
    {
        var model = (string)(await node.Deploy($"broken forms {Guid.NewGuid():N}"))["model_id"]!;
        var before = (await node.Api("GET", $"/v1/models/{model}")).ToJsonString();
        var browser = await node.SignIn();
        var cookie = $"{SessionCookie.Name}={browser.Cookies[SessionCookie.Name]}";
        var forms = node.Pages
            .Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains("POST"))
            .Select(route => route.RoutePattern.RawText!)
            .Where(pattern => pattern is not Links.SignOut && (pattern is Links.Sessions || !pattern.StartsWith(Links.Sessions, StringComparison.Ordinal)))
            .ToList();
        Assert.True(forms.Count >= 15, what);

        foreach (var pattern in forms)
        {
            var path = InPath(pattern, model);

            var (status, html) = await Send(path, contentType, body, cookie);

            Assert.True(status == 400, $"{what} to {path}: {status} {html}");
            Assert.Contains("must be a form", html, StringComparison.Ordinal);
        }

        Assert.Equal(before, (await node.Api("GET", $"/v1/models/{model}")).ToJsonString());
    }

    [Fact]
    public async Task E3_who_is_not_signed_in_is_told_the_same()
    {
        var (status, html) = await Send(Links.SignIn, Urlencoded, "key=%00", cookie: null);

        Assert.Equal(400, status);
        Assert.Contains("without NUL", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HEAD_is_answered_like_GET_without_a_body_on_every_page()
    {
        var model = (string)(await node.Deploy($"heads {Guid.NewGuid():N}"))["model_id"]!;
        var browser = await node.SignIn();
        var pages = node.Pages.Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains("GET")).Select(route => route.RoutePattern.RawText!).ToList();
        Assert.True(pages.Count > 25);
        foreach (var path in pages.Select(pattern => InPath(pattern, model)))
        {
            var head = await browser.Send(HttpMethod.Head, path, null);

            Assert.Equal("", head.Html);
            if (path != Links.Live)
            {
                Assert.Equal((await browser.Open(path)).Status, head.Status);
            }
            else
            {
                Assert.Equal("text/event-stream", head.Is(200).Headers["Content-Type"]);
            }
        }
    }

    private static string InPath(string pattern, string model) => pattern
        .Replace("{model}", model, StringComparison.Ordinal)
        .Replace("{alias}", "staging", StringComparison.Ordinal)
        .Replace("{number}", "0.1.0", StringComparison.Ordinal)
        .Replace("{command}", "deactivate", StringComparison.Ordinal)
        .Replace("{month}", "2026-01", StringComparison.Ordinal)
        .Replace("{id}", "abcd234567", StringComparison.Ordinal)
        .Replace("{prefix}", "abcd2345", StringComparison.Ordinal)
        .Replace("{*rest}", "nothing", StringComparison.Ordinal);

    private async Task<(int Status, string Html)> Send(string path, string contentType, string body, string? cookie)
    {
        using var client = node.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
