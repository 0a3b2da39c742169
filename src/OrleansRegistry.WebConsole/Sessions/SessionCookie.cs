using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// The cookie that holds a session's text. Its prefix <c>__Host-</c> has browsers take it from this host alone, for
/// every path of it, and over TLS or on loopback only. Nothing but the console reads it.
/// </summary>
internal static class SessionCookie
{
    /// <summary>Its name.</summary>
    public const string Name = "__Host-registry-session";

    /// <summary>The text in a request, or null.</summary>
    public static string? In(HttpRequest request) => request.Cookies[Name];

    /// <summary>Has the browser keep a text, until it is closed or the session ends.</summary>
    public static void Set(HttpResponse response, string token) => response.Cookies.Append(Name, token, Options());

    /// <summary>Has the browser forget it.</summary>
    public static void Remove(HttpResponse response) => response.Cookies.Delete(Name, Options());

    /// <summary>The attributes that all of the console's cookies have.</summary>
    public static CookieOptions Options() => new() { Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true };
}
