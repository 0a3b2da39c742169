using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages;

namespace OrleansRegistry.WebConsole;

/// <summary>Signing in, with a key or at the token issuer.</summary>
internal static class SignInEndpoints
{
    private const string Back = "return";

    /// <summary>Maps the routes. Those of the issuer are there if people can sign in at it.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.SignIn, SignInPage).AllowAnonymous();
        pages.MapPost(Links.SignIn, SignIn).AllowAnonymous();
        if (pages.ServiceProvider.GetService<IssuerSignIn>() is not null)
        {
            pages.MapGet(Links.Issuer, LeadToIssuer).AllowAnonymous();
            pages.MapGet(Links.Callback, ComeBack).AllowAnonymous();
        }
    }

    private static RazorComponentResult<SignInPage> SignInPage(HttpContext context, CallerAddresses addresses) =>
        Page(context, addresses, context.Request.Query[Back], null);

    private static async Task<IResult> SignIn(
        HttpContext context,
        ApiKeyAuthenticator keys,
        ConsoleSessions sessions,
        CallerAddresses addresses,
        RefusedAttempts refused,
        IRequestAudit audit)
    {
        var form = await context.ReadForm();
        string? back = form[Back];
        if (!IsPossible(context, addresses))
        {
            return Refused(context, addresses, back, Unsafe);
        }

        var address = addresses.Of(context);
        var key = form["key"].ToString().Trim();
        if (!(await keys.Authenticate(key, address, context.RequestAborted)).TryGet(out var caller, out var error))
        {
            refused.Count(error, address);
            audit.Refused(context, null, error);
            return Refused(context, addresses, back, error);
        }

        if (!caller.Role.Allows(Permission.Read))
        {
            var tooLow = new RegistryError(
                ErrorCode.Forbidden, "A key of role invoker sees nothing here; it takes a viewer's or a higher one.");
            audit.Refused(context, caller, tooLow);
            return Refused(context, addresses, back, tooLow);
        }

        return await Begin(context, caller, sessions, addresses, audit, Links.Local(back));
    }

    private static async Task<IResult> LeadToIssuer(HttpContext context, IssuerSignIn issuer, SignInCookie cookie, CallerAddresses addresses)
    {
        string? back = context.Request.Query[Back];
        if (RequestCaller.Of(context) is not null)
        {
            // A link from elsewhere puts no other session in the place of one that goes on.
            return new SeeOther(Links.Local(back));
        }

        if (!IsPossible(context, addresses))
        {
            return Refused(context, addresses, back, Unsafe);
        }

        var secrets = SignInSecrets.Draw($"{(IsHttps(context, addresses) ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{context.Request.Host}{Links.Callback}");
        if (!(await issuer.Begin(secrets, context.RequestAborted)).TryGet(out var address, out var error))
        {
            return Refused(context, addresses, back, error);
        }

        cookie.Keep(context, secrets, Links.Local(back));
        return new SeeOther(address);
    }

    private static async Task<IResult> ComeBack(
        HttpContext context,
        IssuerSignIn issuer,
        SignInCookie cookie,
        ConsoleSessions sessions,
        CallerAddresses addresses,
        RefusedAttempts refused,
        IRequestAudit audit)
    {
        var answer = new OpenIdConnectMessage(context.Request.Query.Select(part => KeyValuePair.Create(part.Key, part.Value.ToArray()))!);
        if (cookie.Take(context, answer.State) is not var (secrets, back))
        {
            return Deny(null, null, new RegistryError(
                ErrorCode.Unauthenticated,
                "This browser has not begun this sign-in, has finished it, or took longer than ten minutes. Sign in again."));
        }

        if (!(await issuer.Finish(answer, secrets, context.RequestAborted)).TryGet(out var caller, out var error))
        {
            return Deny(null, back, error);
        }

        if (!caller.Role.Allows(Permission.Read))
        {
            return Deny(caller, back, new RegistryError(ErrorCode.Forbidden, "Your role is invoker, which sees nothing here; it takes a viewer's or a higher one."));
        }

        return IsSignedIn() ? new SeeOther(back)
            : sessions.IsOver(caller)
            ? Deny(caller, back, new RegistryError(ErrorCode.Unauthenticated, "The issuer's token has ended already. Its clock and that of this server may differ."))
            : await Begin(context, caller, sessions, addresses, audit, back);

        // By another tab.
        bool IsSignedIn() => RequestCaller.Of(context) is { } present
            && (present.Workspace, present.Actor, present.Role) == (caller.Workspace, caller.Actor, caller.Role);

        RazorComponentResult<SignInPage> Deny(RequestCaller? known, string? page, RegistryError problem)
        {
            refused.Count(problem, addresses.Of(context));
            audit.Refused(context, known, problem);
            return Refused(context, addresses, page, problem);
        }
    }

    /// <summary>Begins the session of somebody who is known. Signing in again ends the session of before.</summary>
    private static async Task<IResult> Begin(
        HttpContext context, RequestCaller caller, ConsoleSessions sessions, CallerAddresses addresses, IRequestAudit audit, string back)
    {
        if (SessionCookie.In(context.Request) is { } token
            && await sessions.Authenticate(token, addresses.Of(context), isUse: false, context.RequestAborted) is { } before)
        {
            await sessions.End(ConsoleSessions.Of(before)!);
        }

        SessionCookie.Set(context.Response, await sessions.Begin(caller));
        audit.SecretShown(context, caller, null);
        return new SeeOther(back);
    }

    private static RegistryError Unsafe { get; } =
        new(ErrorCode.Unauthenticated, "Nobody signs in here but over HTTPS, or on the machine itself.");

    private static RazorComponentResult<SignInPage> Refused(HttpContext context, CallerAddresses addresses, string? back, RegistryError error)
    {
        context.Response.StatusCode = ProblemKind.Of(error.Code).Status;
        return Page(context, addresses, back, error.Detail);
    }

    private static RazorComponentResult<SignInPage> Page(HttpContext context, CallerAddresses addresses, string? back, string? problem) =>
        new(new Dictionary<string, object?>
        {
            [nameof(Pages.SignInPage.Return)] = Links.Local(back),
            [nameof(Pages.SignInPage.Problem)] = problem,
            [nameof(Pages.SignInPage.IsPossible)] = IsPossible(context, addresses),
            [nameof(Pages.SignInPage.Issuer)] = context.RequestServices.GetService<IssuerSignIn>()?.Name,
        });

    /// <summary>Whether nobody can read a key on its way here.</summary>
    private static bool IsPossible(HttpContext context, CallerAddresses addresses) =>
        context.Connection.RemoteIpAddress is not { } peer || IPAddress.IsLoopback(peer) || IsHttps(context, addresses);

    private static bool IsHttps(HttpContext context, CallerAddresses addresses) =>
        context.Request.IsHttps
        || (context.Connection.RemoteIpAddress is { } peer && addresses.IsTrusted(peer) && context.Request.Headers["X-Forwarded-Proto"] == "https");
}
