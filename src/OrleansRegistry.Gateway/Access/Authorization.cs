using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The caller's role must have the route's permission.</summary>
internal sealed class RouteRequirement : AuthorizationHandler<RouteRequirement>, IAuthorizationRequirement
{
    /// <summary>Why a role may not use a route, or null.</summary>
    public static RegistryError? Refusal(Endpoint? route, Role role) => route?.Metadata.GetMetadata<RequiredPermission>() switch
    {
        null => new RegistryError(ErrorCode.Forbidden, "Nobody may use this route."),
        { Permission: var needed } when role.Allows(needed) => null,
        { Permission: var needed } =>
            new RegistryError(ErrorCode.Forbidden, $"This request needs the role {EnumNames<Role>.Of(Permissions.MinRole(needed))}."),
    };

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RouteRequirement requirement)
    {
        if (context.Resource is HttpContext http && RequestCaller.Of(http) is { } caller)
        {
            // What is no route is answered 404 or 405: nobody is let in there.
            if (http.GetEndpoint() is not RouteEndpoint route || Refusal(route, caller.Role) is null)
            {
                context.Succeed(requirement);
            }
        }

        return Task.CompletedTask;
    }
}

/// <summary>Answers 401 and 403 as problems. Who is let in acts in their own workspace from here on.</summary>
internal sealed class AccessResult(RefusedAttempts refused, CallerAddresses addresses) : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            if (RequestCaller.Of(context) is { } caller)
            {
                WorkspaceScope.Enter(caller.Workspace);
            }

            await next(context);
            return;
        }

        var isPage = context.GetEndpoint()?.Metadata.GetMetadata<BrowserPage>() is not null;
        if (authorizeResult.Challenged)
        {
            var failure = (await context.AuthenticateAsync()).Failure?.Message;
            var error = new RegistryError(
                ErrorCode.Unauthenticated,
                failure ?? (context.Request.Headers.Authorization.Count == 0
                    ? "Send an API key: Authorization: Bearer ork_…"
                    : "The header Authorization must be Bearer, a space, and an API key or token."));
            refused.Count(error, addresses.Of(context));
            context.Response.Headers.WWWAuthenticate = isPage ? "Basic realm=\"OrleansRegistry: any user, an operator's key as the password\""
                : failure is null ? "Bearer"
                : Challenge("invalid_token", error);
            await ProblemWriter.Write(context, error);
            return;
        }

        var refusal = (context.User.Identity as RefusedIdentity)?.Error;
        if (refusal?.Code == ErrorCode.Unavailable)
        {
            // Nobody knows whose the token is.
            await ProblemWriter.Write(context, refusal);
            return;
        }

        var forbidden = refusal
            ?? RouteRequirement.Refusal(context.GetEndpoint(), RequestCaller.Of(context)?.Role ?? default)
            ?? new RegistryError(ErrorCode.Forbidden, "Nobody may use this route.");
        refused.Count(forbidden, addresses.Of(context));
        if (!isPage)
        {
            context.Response.Headers.WWWAuthenticate = Challenge("insufficient_scope", forbidden);
        }

        await ProblemWriter.Write(context, forbidden);
    }

    /// <summary>The challenge of RFC 6750, section 3; its description has characters of its own.</summary>
    private static string Challenge(string code, RegistryError error) =>
        $"Bearer error=\"{code}\", error_description=\"{string.Concat(error.Detail.Select(c => c is >= ' ' and <= '~' and not '"' and not '\\' ? c : '?'))}\"";
}
