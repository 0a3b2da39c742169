using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Orleans' own dashboard for operators, at <c>/dashboard</c>. It is no part of the documented interface.
/// </summary>
internal static class DashboardEndpoints
{
    // These two look into grains and into the log of a node; with no permission stated they are closed to everybody.
    private static readonly string[] Closed = [BrowserPage.Dashboard + "/GrainState", BrowserPage.Dashboard + "/Trace"];

    /// <summary>Maps the dashboard. The silos must have it too (<c>AddDashboard</c>).</summary>
    public static void MapRegistryDashboard(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var dashboard = routes.MapOrleansDashboard(BrowserPage.Dashboard).ExcludeFromDescription();
        ((IEndpointConventionBuilder)dashboard).Add(route =>
        {
            route.Metadata.Add(BrowserPage.Instance);
            if (route is RouteEndpointBuilder { RoutePattern.RawText: { } pattern } && !Closed.Contains(pattern, StringComparer.OrdinalIgnoreCase))
            {
                route.Metadata.Add(new RequiredPermission(Permission.Operate));
            }
        });
    }
}
