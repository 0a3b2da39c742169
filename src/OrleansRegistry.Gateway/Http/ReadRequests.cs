using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>GET, and HEAD, which is answered as GET is, but for the body.</summary>
internal static class ReadRequests
{
    /// <summary>Whether a request only reads.</summary>
    public static bool IsRead(this HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    /// <summary>
    /// Lets the routes that take GET alone take HEAD too, unless they forward it: what a model's server says to HEAD is
    /// its own affair.
    /// </summary>
    public static TRoutes TakeHead<TRoutes>(this TRoutes routes)
        where TRoutes : IEndpointConventionBuilder
    {
        routes.Finally(route =>
        {
            if (route.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: [var method] } && HttpMethods.IsGet(method)
                && !route.Metadata.OfType<ForwardedCall>().Any())
            {
                route.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
            }
        });
        return routes;
    }
}
