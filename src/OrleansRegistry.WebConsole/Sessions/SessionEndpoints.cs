using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages;
using OrleansRegistry.WebConsole.Pages.Access;

namespace OrleansRegistry.WebConsole;

/// <summary>Signing in and out, and the sessions of one's key.</summary>
internal static class SessionEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static void MapSessions(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.SignIn, SignInPage).AllowAnonymous();
        pages.MapPost(Links.SignIn, SignIn).AllowAnonymous();
        pages.MapPost(Links.SignOut, SignOut).RequirePermission(Permission.Resolve);
        pages.MapGet(Links.Sessions, List).RequirePermission(Permission.Read);
        pages.MapPost(Links.Sessions + "/end", EndAll).RequirePermission(Permission.Resolve);
        pages.MapPost(Links.Sessions + "/{id}/end", End).RequirePermission(Permission.Resolve);
    }

    private static RazorComponentResult<SignInPage> SignInPage(HttpContext context, CallerAddresses addresses) =>
        Page(context, addresses, context.Request.Query["return"], null);

    private static async Task<IResult> SignIn(
        HttpContext context,
        ApiKeyAuthenticator keys,
        ConsoleSessions sessions,
        CallerAddresses addresses,
        RefusedAttempts refused,
        IRequestAudit audit)
    {
        var form = await context.ReadForm();
        if (!IsPossible(context, addresses))
        {
            return Refused(context, addresses, form, "A key is taken over HTTPS, or on the machine itself.");
        }

        var address = addresses.Of(context);
        var key = form["key"].ToString().Trim();
        if (!(await keys.Authenticate(key, address, context.RequestAborted)).TryGet(out var caller, out var error))
        {
            refused.Count(error, address);
            audit.Refused(context, null, error);
            return Refused(context, addresses, form, error.Detail);
        }

        if (!caller.Role.Allows(Permission.Read))
        {
            var tooLow = new RegistryError(
                ErrorCode.Forbidden, "A key of role invoker sees nothing here; it takes a viewer's or a higher one.");
            audit.Refused(context, caller, tooLow);
            return Refused(context, addresses, form, tooLow.Detail);
        }

        if (await Current(context, sessions, addresses) is { } before)
        {
            await sessions.End(before);
        }

        SessionCookie.Set(context.Response, await sessions.Begin(caller.Proof!));
        audit.SecretShown(context, caller, null);
        return new SeeOther(Links.Local(form["return"]));
    }

    private static async Task<IResult> SignOut(HttpContext context, RequestCaller caller, ConsoleSessions sessions)
    {
        await sessions.End(ConsoleSessions.Of(caller)!);
        SessionCookie.Remove(context.Response);
        return new SeeOther(Links.SignIn);
    }

    private static async Task<RazorComponentResult<SessionsPage>> List(HttpContext context, RequestCaller caller, ConsoleSessions sessions)
    {
        var own = ConsoleSessions.Of(caller)!;
        var rows = (await sessions.List(own.KeyPrefix, context.RequestAborted))
            .Select(session => new SessionRow(session.Id, session.CreatedAt, session.LastUsedAt, session.ExpiresAt, session.Id == own.Id));
        return new RazorComponentResult<SessionsPage>(new { User = ConsoleUser.Of(caller), Sessions = rows.ToList(), Receipt = Receipt.Take(context) });
    }

    private static async Task<IResult> End(HttpContext context, RequestCaller caller, string id, ConsoleSessions sessions)
    {
        var own = ConsoleSessions.Of(caller)!;
        if (!SessionId.TryParse(own.KeyPrefix, id, out var session))
        {
            return new Refusal(new RegistryError(ErrorCode.NotFound, "There is no such session."));
        }

        await sessions.End(session);
        if (session == own)
        {
            SessionCookie.Remove(context.Response);
            return new SeeOther(Links.SignIn);
        }

        new Receipt("The session has ended.").Send(context.Response);
        return new SeeOther(Links.Sessions);
    }

    private static async Task<IResult> EndAll(HttpContext context, RequestCaller caller, ConsoleSessions sessions)
    {
        var own = ConsoleSessions.Of(caller)!;
        foreach (var session in await sessions.List(own.KeyPrefix, context.RequestAborted))
        {
            await sessions.End(own with { Id = session.Id });
        }

        SessionCookie.Remove(context.Response);
        return new SeeOther(Links.SignIn);
    }

    /// <summary>The session that a request shows beside a key: signing in again ends it.</summary>
    private static async Task<SessionId?> Current(HttpContext context, ConsoleSessions sessions, CallerAddresses addresses) =>
        SessionCookie.In(context.Request) is { } token
            && await sessions.Authenticate(token, addresses.Of(context), isUse: false, context.RequestAborted) is { } caller
            ? ConsoleSessions.Of(caller)
            : null;

    private static RazorComponentResult<SignInPage> Refused(HttpContext context, CallerAddresses addresses, IFormCollection form, string problem)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Page(context, addresses, form["return"], problem);
    }

    private static RazorComponentResult<SignInPage> Page(HttpContext context, CallerAddresses addresses, string? back, string? problem) =>
        new(new Dictionary<string, object?>
        {
            [nameof(Pages.SignInPage.Return)] = Links.Local(back),
            [nameof(Pages.SignInPage.Problem)] = problem,
            [nameof(Pages.SignInPage.IsPossible)] = IsPossible(context, addresses),
        });

    /// <summary>Whether nobody can read a key on its way here.</summary>
    private static bool IsPossible(HttpContext context, CallerAddresses addresses) =>
        context.Request.IsHttps
        || context.Connection.RemoteIpAddress is not { } peer
        || IPAddress.IsLoopback(peer)
        || (addresses.IsTrusted(peer) && context.Request.Headers["X-Forwarded-Proto"] == "https");
}

/// <summary>Leads the browser to another page after a form: reloading it sends nothing again.</summary>
/// <param name="location">The page.</param>
internal sealed class SeeOther(string location) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = location;
        return Task.CompletedTask;
    }
}
