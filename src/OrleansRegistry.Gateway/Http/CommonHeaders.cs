using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The headers of every answer. One is the id under which logs and traces have the request; an id that the caller sends
/// is not taken over. The others tell browsers not to guess the answer's type, not to run anything in it, not to show
/// it in a frame. A model's answers have them too, beside their own headers: they come from the registry's address, and
/// must not act in its name there.
/// </summary>
internal static class CommonHeaders
{
    /// <summary>The header with the id of a request.</summary>
    public const string RequestId = "X-Request-Id";

    private const string Nothing = "default-src 'none'; frame-ancestors 'none'; sandbox";

    // The API reference and the dashboard are pages of scripts, their own.
    private const string Page = "default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

    /// <summary>The id of a request.</summary>
    public static string RequestIdOf(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    /// <summary>Sets the headers.</summary>
    public static void Apply(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers[RequestId] = RequestIdOf(context);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = BrowserPage.IsReference(context.Request.Path) ? Reference(context.Request.Host)
            : BrowserPage.IsPath(context.Request.Path) ? Page
            : Nothing;
    }

    /// <summary>
    /// The scripts of the API reference are somebody else's. They ask the interface and nothing besides: not the
    /// console, whose session the browser would send along, in no frame and by no form.
    /// </summary>
    private static string Reference(HostString host)
    {
        var own = host.ToUriComponent();
        return $"{Page}; frame-src 'none'; connect-src {own}/openapi/ {own}/v1/ {own}/v2/";
    }
}
