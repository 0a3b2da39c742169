using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>What a route asks of its caller. A route that says nothing is closed.</summary>
/// <param name="Permission">The permission.</param>
internal sealed record RequiredPermission(Permission Permission);

/// <summary>Says on a route what it asks of its caller.</summary>
internal static class RouteAccess
{
    /// <summary>The least a caller must be allowed to do.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, Permission permission)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RequiredPermission(permission));
}

/// <summary>The caller's role must have the route's permission.</summary>
internal sealed class RouteRequirement : AuthorizationHandler<RouteRequirement>, IAuthorizationRequirement
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RouteRequirement requirement)
    {
        if (context.Resource is HttpContext http && RequestCaller.Of(http) is { } caller)
        {
            // What is no route is answered 404 or 405: nobody is let in there.
            var isAllowed = http.GetEndpoint() is not RouteEndpoint route
                || (route.Metadata.GetMetadata<RequiredPermission>() is { } needed && caller.Role.Allows(needed.Permission));
            if (isAllowed)
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

        var forbidden = (context.User.Identity as RefusedIdentity)?.Error ?? new RegistryError(
            ErrorCode.Forbidden,
            context.GetEndpoint()?.Metadata.GetMetadata<RequiredPermission>() is { } needed
                ? $"This needs the role {EnumNames<Role>.Of(Permissions.Least(needed.Permission))}."
                : "Nobody may do this.");
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

/// <summary>Counts who is not let in. Attackers can't fill the log: it says how many there were, every ten seconds at most.</summary>
internal sealed partial class RefusedAttempts : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Meter _meter;
    private readonly Counter<long> _refused;
    private readonly TimeProvider _clock;
    private readonly ILogger<RefusedAttempts> _logger;
    private readonly Lock _lock = new();
    private DateTimeOffset _loggedAt = DateTimeOffset.MinValue;
    private long _count;

    public RefusedAttempts(IMeterFactory meters, TimeProvider clock, ILogger<RefusedAttempts> logger)
    {
        _meter = meters.Create("OrleansRegistry.Gateway");
        _refused = _meter.CreateCounter<long>("registry.auth.refused", "{request}", "Requests that were not let in, by code.");
        (_clock, _logger) = (clock, logger);
    }

    public void Count(RegistryError error, IPAddress? from)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("code", error.Code));
        long count;
        lock (_lock)
        {
            _count++;
            var now = _clock.GetUtcNow();
            if (now - _loggedAt < Interval)
            {
                return;
            }

            (count, _count, _loggedAt) = (_count, 0, now);
        }

        LogRefused(count, from, error.Code, error.Detail);
    }

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(220, LogLevel.Warning, "{Count} requests were not let in since this was last said; the last came from {Address}: {Code}, {Why}")]
    private partial void LogRefused(long count, IPAddress? address, string code, string why);
}
