using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The caller.</summary>
internal static class CallerEndpoints
{
    /// <summary>Maps the route.</summary>
    public static void MapCaller(this IEndpointRouteBuilder routes) => routes.MapGet("me", GetMe)
        .WithName("get_me")
        .RequirePermission(Permission.Resolve)
        .WithTags("Access")
        .AcceptsParameters()
        .ProducesErrors(ErrorCode.StateCorrupt);

    /// <summary>Says who the caller is, and what they may do.</summary>
    public static async Task<Answer<CallerAnswer>> GetMe(RequestCaller caller, IAccessCatalog catalog, CancellationToken cancellationToken)
    {
        var key = caller.Proof is { Prefix: var prefix } ? (await catalog.FindKey(prefix, cancellationToken))?.Key : null;
        return new CallerAnswer
        {
            Subject = caller.Actor,
            KeyPrefix = caller.Proof?.Prefix,
            KeyName = key?.Name,
            Role = caller.Role,
            Workspace = caller.Workspace,
            Models = caller.ModelIds.IsEmpty ? null : caller.ModelIds,
            ExpiresAt = key?.ExpiresAt ?? caller.ExpiresAt,
            Permissions = [.. Enum.GetValues<Permission>().Where(permission => caller.Role.Allows(permission))],
        };
    }
}
