using Microsoft.AspNetCore.Builder;

namespace OrleansRegistry.Gateway;

/// <summary>The permission that a route asks of its caller. A route that says nothing is closed.</summary>
/// <param name="Permission">The permission.</param>
internal sealed record RequiredPermission(Permission Permission);

/// <summary>Says on a route what it asks of its caller.</summary>
internal static class RouteAccess
{
    /// <summary>Requires a permission of the caller.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder route, Permission permission)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RequiredPermission(permission));
}
