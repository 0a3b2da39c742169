using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Access;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// What a browser keeps while somebody signs in at the issuer, encrypted with a key of the deployment's secret, so that
/// any gateway can go on. It is bound to the sign-in's state, and there is one cookie for each: tabs don't disturb each
/// other. The browser gives it up when it comes back.
/// </summary>
internal sealed class SignInCookie(AccessSecret secret, TimeProvider clock)
{
    private const string Prefix = "__Host-registry-sign-in-";
    private const int MaxPending = 4;
    private const int MaxReturn = 1_000;
    private const int NameLength = 12;
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>Has the browser keep a sign-in.</summary>
    /// <param name="context">The request that begins it.</param>
    /// <param name="secrets">The sign-in.</param>
    /// <param name="back">The page to go to afterwards.</param>
    public void Keep(HttpContext context, SignInSecrets secrets, string back)
    {
        var pending = context.Request.Cookies.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToList();
        foreach (var old in pending.Count < MaxPending ? [] : pending)
        {
            context.Response.Cookies.Delete(old, SessionCookie.Options());
        }

        var value = new PendingSignIn(secrets.Nonce, secrets.Verifier, secrets.RedirectUri, back.Length > MaxReturn ? Links.Root : back, clock.GetUtcNow() + MaxAge);
        var options = SessionCookie.Options();
        options.MaxAge = MaxAge;
        context.Response.Cookies.Append(
            NameOf(secrets.State), secret.SignInKeys[0].Close(JsonSerializer.SerializeToUtf8Bytes(value, SignInJson.Default.PendingSignIn), secrets.State), options);
    }

    /// <summary>
    /// The sign-in that a browser comes back with, and the page to go to; null when this browser has begun none of this
    /// state, or too long ago. The browser then forgets it.
    /// </summary>
    public (SignInSecrets Secrets, string Back)? Take(HttpContext context, string? state)
    {
        if (state is not { Length: > NameLength } || context.Request.Cookies[NameOf(state)] is not { } text)
        {
            return null;
        }

        context.Response.Cookies.Delete(NameOf(state), SessionCookie.Options());
        var opened = secret.SignInKeys.Select(key => key.Open(text, state)).FirstOrDefault(value => value is not null);
        return opened is not null
            && JsonSerializer.Deserialize(opened, SignInJson.Default.PendingSignIn) is { } pending
            && pending.Until > clock.GetUtcNow()
            ? (new SignInSecrets(state, pending.Nonce, pending.Verifier, pending.RedirectUri), Links.Local(pending.Back))
            : null;
    }

    private static string NameOf(string state) => Prefix + state[..NameLength];
}

/// <summary>A sign-in as its cookie holds it.</summary>
/// <param name="Nonce">Stands in the token.</param>
/// <param name="Verifier">Is shown with the code.</param>
/// <param name="RedirectUri">Where the issuer sends the browser back to.</param>
/// <param name="Back">The page to go to afterwards.</param>
/// <param name="Until">From when on it counts no more.</param>
internal sealed record PendingSignIn(string Nonce, string Verifier, string RedirectUri, string Back, DateTimeOffset Until);

[JsonSerializable(typeof(PendingSignIn))]
[JsonSerializable(typeof(TokenClaims))]
internal sealed partial class SignInJson : JsonSerializerContext;
