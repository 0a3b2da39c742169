using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>The path and query of a call, byte for byte as they were sent.</summary>
/// <param name="Rest">Empty, or a slash and what stood behind the route in the path.</param>
/// <param name="Query">Empty, or a question mark and the query, without the selector.</param>
/// <param name="Selectors">The values of the query parameter <c>version</c>, decoded.</param>
internal sealed record CallTarget(string Rest, string Query, IReadOnlyList<string> Selectors)
{
    /// <summary>Reads the target of a request whose route has this many segments; null when its path can't be passed on.</summary>
    public static CallTarget? Of(HttpRequest request, int segments, bool takesSelector)
    {
        if (RequestTarget.Of(request) is not { } target || HasDotSegment(target.Path))
        {
            return null;
        }

        var query = target.Query.Replace("#", "%23", StringComparison.Ordinal);
        var rest = Behind(target.Path, segments).Replace("#", "%23", StringComparison.Ordinal);
        return takesSelector ? WithoutSelector(rest, query) : new CallTarget(rest, query, []);
    }

    /// <summary>What follows the first segments of a path: empty, or a slash and the rest.</summary>
    private static string Behind(string path, int segments)
    {
        var at = 0;
        for (var segment = 0; segment <= segments; segment++)
        {
            at = path.IndexOf('/', segment == 0 ? 0 : at + 1);
            if (at < 0)
            {
                return "";
            }
        }

        return path[at..];
    }

    private static CallTarget WithoutSelector(string rest, string query)
    {
        if (query.Length <= 1)
        {
            return new CallTarget(rest, query, []);
        }

        List<string> selectors = [];
        List<string> others = [];
        foreach (var part in query[1..].Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (Decode(equals < 0 ? part : part[..equals]) == "version")
            {
                selectors.Add(equals < 0 ? "" : Decode(part[(equals + 1)..]));
            }
            else
            {
                others.Add(part);
            }
        }

        return new CallTarget(rest, others.Count == 0 ? "" : "?" + string.Join('&', others), selectors);
    }

    /// <summary>Whether the path climbs, in the eyes of any server that may read it: encoded, with backslashes, or with path parameters.</summary>
    private static bool HasDotSegment(string path) =>
        path.AsSpan().ContainsAny('.', '%')
        && Uri.UnescapeDataString(Uri.UnescapeDataString(path)).Split('/', '\\').Any(segment => segment.Split(';')[0] is "." or "..");

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
