using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Reads the names in a path from the request's target, decoded once (rule A5). The server's own path can't be used: it leaves <c>%2F</c> as it
/// is, and makes <c>%2F</c> of <c>%252F</c>, so that both are alike there.
/// </summary>
internal sealed class PathTexts(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint route && route.Metadata.GetMetadata<PathParameter>() is not null
            && Read(context.Request, route.RoutePattern) is { } refusal
            ? ProblemWriter.Write(context, refusal)
            : next(context);

    private static RegistryError? Read(HttpRequest request, RoutePattern pattern)
    {
        var path = RequestTarget.Of(request)?.Path ?? "";
        if (!path.Contains('%', StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal))
        {
            return null;
        }

        var segments = path.Split('/');
        if (segments.Length != request.Path.Value!.Split('/').Length)
        {
            // The server has followed the segments . and .. to where the route is.
            return ClimbingPath;
        }

        for (var place = 0; place < pattern.PathSegments.Count && place + 1 < segments.Length; place++)
        {
            if (pattern.PathSegments[place].Parts is not [RoutePatternParameterPart { IsCatchAll: false, Name: var name }])
            {
                continue;
            }

            var text = Uri.UnescapeDataString(segments[place + 1]);
            if (text.Contains('%', StringComparison.Ordinal))
            {
                return RegistryError.Invalid(name, "must be UTF-8 that is percent-encoded once; no name has a %");
            }

            request.RouteValues[name] = text;
        }

        return null;
    }

    /// <summary>The refusal of a path that some server would read as another one.</summary>
    internal static RegistryError ClimbingPath { get; } = RegistryError.Invalid("path", "must not contain the segments . and .., encoded or not");
}
