using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>The path and query of a request, byte for byte as they were sent.</summary>
/// <param name="Path">The path, from its first slash on.</param>
/// <param name="Query">Empty, or a question mark and the query.</param>
internal sealed record RequestTarget(string Path, string Query)
{
    /// <summary>Reads the target of a request; null when it has no path.</summary>
    public static RequestTarget? Of(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            // The absolute form: a proxy's way to name the server too.
            var authority = target.IndexOf("//", StringComparison.Ordinal);
            var slash = authority < 0 ? -1 : target.IndexOf('/', authority + 2);
            if (slash < 0)
            {
                return null;
            }

            target = target[slash..];
        }

        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? new RequestTarget(target, "") : new RequestTarget(target[..mark], target[mark..]);
    }
}
