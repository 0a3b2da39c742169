using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// What every answer tells browsers: not to guess its type, not to run anything in it, not to show it in a frame. A model's answers have it
/// too, beside their own headers: they come from the registry's address, and must not act in its name there.
/// </summary>
internal static class SecurityHeaders
{
    private const string Nothing = "default-src 'none'; frame-ancestors 'none'; sandbox";

    // The API reference and the dashboard are pages of scripts, their own.
    private const string Page = "default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'";

    public static void Apply(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = BrowserPage.IsPath(context.Request.Path) ? Page : Nothing;
    }
}
