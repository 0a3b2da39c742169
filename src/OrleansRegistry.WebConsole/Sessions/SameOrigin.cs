using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// Keeps pages of other origins from acting, or reading, with somebody's session (rule G4). Another port of the same
/// host counts as the same site to a browser, so that a cookie's <c>SameSite</c> does not do.
/// </summary>
internal static class SameOrigin
{
    /// <summary>Why a request is not taken, or null.</summary>
    public static string? Problem(HttpRequest request)
    {
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        string? site = request.Headers["Sec-Fetch-Site"];
        return site switch
        {
            "same-origin" => null,
            // Typed, or a bookmark.
            "none" when isRead => null,
            null when isRead => null,
            // A link on another page, which opens this one in its place.
            _ when isRead && IsNavigation(request) => null,
            null when OriginOf(request) is { } origin => origin == $"{request.Scheme}://{request.Host}" ? null : Refusal,
            _ => Refusal,
        };
    }

    /// <summary>Whether somebody has opened a page or sent a form, as far as the browser tells; a script has not.</summary>
    public static bool IsPerson(HttpRequest request) => (string?)request.Headers["Sec-Fetch-Dest"] is null or "document";

    private const string Refusal = "The request comes from another site. Open the console itself, and try again there.";

    private static bool IsNavigation(HttpRequest request) =>
        request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    private static string? OriginOf(HttpRequest request) => request.Headers.Origin is [{ } origin] ? origin : null;
}
