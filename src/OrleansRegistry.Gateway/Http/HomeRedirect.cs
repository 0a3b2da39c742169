using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Leads browsers from <c>/</c> to a page. For all other requests there is no route here, as anywhere else.
/// </summary>
internal sealed class HomeRedirect : MatcherPolicy, IEndpointSelectorPolicy
{
    private const string Path = "/";

    /// <inheritdoc/>
    public override int Order => 0;

    /// <summary>Maps the route.</summary>
    /// <param name="routes">The routes.</param>
    /// <param name="page">The page that browsers are led to.</param>
    public static void Map(IEndpointRouteBuilder routes, string page) =>
        routes.Map(Path, context => Lead(context, page)).AllowAnonymous().ExcludeFromDescription();

    /// <inheritdoc/>
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsRedirect);

    /// <inheritdoc/>
    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var place = 0; place < candidates.Count; place++)
        {
            if (IsRedirect(candidates[place].Endpoint))
            {
                candidates.SetValidity(place, httpContext.Request.IsRead() && AcceptedTypes.Prefer(httpContext.Request, MediaTypeNames.Text.Html));
            }
        }

        return Task.CompletedTask;
    }

    private static bool IsRedirect(Endpoint endpoint) => endpoint is RouteEndpoint { RoutePattern.RawText: Path };

    private static Task Lead(HttpContext context, string page)
    {
        context.Response.Headers.Vary = HeaderNames.Accept;
        context.Response.Redirect(page);
        return Task.CompletedTask;
    }
}
