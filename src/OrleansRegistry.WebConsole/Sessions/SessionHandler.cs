using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>Lets in who has a session, on the console's routes only. Keys and tokens count for nothing there.</summary>
internal sealed class SessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ConsoleSessions sessions, CallerAddresses addresses)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync() =>
        SessionCookie.In(Request) is { } token
            && SameOrigin.Problem(Request) is null
            && await sessions.Authenticate(token, addresses.Of(Context), SameOrigin.IsPerson(Request), Context.RequestAborted) is { } caller
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new CallerIdentity(caller, SchemeName)), SchemeName))
            : AuthenticateResult.NoResult();
}
