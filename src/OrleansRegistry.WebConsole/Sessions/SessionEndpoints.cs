using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages.Access;

namespace OrleansRegistry.WebConsole;

/// <summary>Signing out, and one's sessions.</summary>
internal static class SessionEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static void MapSessions(this IEndpointRouteBuilder pages)
    {
        pages.MapPost(Links.SignOut, SignOut).AllowAnonymous();
        pages.MapGet(Links.Sessions, List).RequirePermission(Permission.Read);
        pages.MapPost(Links.Sessions + "/end", EndAll).RequirePermission(Permission.Resolve);
        pages.MapPost(Links.Sessions + "/{id}/end", End).RequirePermission(Permission.Resolve);
    }

    /// <summary>Ends the session. Where it is over already, the browser forgets it.</summary>
    private static async Task<IResult> SignOut(HttpContext context, ConsoleSessions sessions)
    {
        if (RequestCaller.Of(context) is { } caller)
        {
            await sessions.End(ConsoleSessions.Of(caller)!);
        }

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
