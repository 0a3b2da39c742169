using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// The headers of every page: it loads and asks its own origin only, runs no script but its modules, stands in no frame,
/// and is kept by nobody.
/// </summary>
internal static class ConsoleHeaders
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types registry";

    public static void Apply(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        headers.Vary = "Cookie";
    }
}
