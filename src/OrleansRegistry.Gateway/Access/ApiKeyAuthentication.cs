using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Says who shows a key. The key's grain is asked, and its answer holds for as long as it says: revoking a key waits until all of them have
/// lapsed, so that a key is refused everywhere from the moment on that it is revoked. What has no valid checksum asks nobody.
/// </summary>
public sealed class ApiKeyAuthenticator(AccessSecret secret, IGrainFactory grains, RequestRates rates, TimeProvider clock)
{
    private const int MaxKnown = 10_000;

    // Keys that were valid here before. Others cost a look into the database, of which there are only so many for an address.
    private readonly ConcurrentDictionary<string, KnownCaller> _known = new();

    /// <summary>The caller who shows a key, or null.</summary>
    /// <param name="key">What is shown.</param>
    /// <param name="from">The address that shows it.</param>
    /// <exception cref="TooManyLookUpsException">Too many unknown keys are tried.</exception>
    public ValueTask<RequestCaller?> Authenticate(string key, IPAddress from) =>
        ApiKey.TryParse(key, out var prefix) ? Authenticate(new ApiKeyProof(prefix, secret.HashKey(key)), from) : default;

    /// <summary>Whether the caller of a request that goes on for long would still be let in.</summary>
    public async ValueTask<bool> IsStillValid(RequestCaller caller) => caller.Proof is { } proof
        ? await Authenticate(proof, from: null) is not null
        : !(caller.ExpiresAt <= clock.GetUtcNow());

    private ValueTask<RequestCaller?> Authenticate(ApiKeyProof proof, IPAddress? from)
    {
        var isKnown = _known.TryGetValue(proof.Prefix, out var known) && known.Caller.Proof!.Matches(proof);
        return isKnown && known!.HoldsAt(clock.GetTimestamp()) ? ValueTask.FromResult<RequestCaller?>(known.Caller) : Ask(proof, isKnown ? null : from);
    }

    /// <param name="proof">What is shown.</param>
    /// <param name="stranger">The address that shows it, or null for who was let in before.</param>
    private async ValueTask<RequestCaller?> Ask(ApiKeyProof proof, IPAddress? stranger)
    {
        if (stranger is not null && rates.CountUnknownKey(stranger) is { } refusal)
        {
            throw new TooManyLookUpsException(refusal.Error.Detail);
        }

        // The answer holds from before it was asked for, so that it never holds longer than the grain takes it to.
        var asked = clock.GetTimestamp();
        if (await grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(proof.Prefix)).Authenticate(proof.Hash) is not { } identity)
        {
            return null;
        }

        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        var caller = new RequestCaller(identity.Workspace, "key:" + proof.Prefix, identity.Role) { ModelIds = identity.ModelIds, Proof = proof };
        _known[proof.Prefix] = new KnownCaller(caller, asked + (long)(identity.HoldsFor.TotalSeconds * clock.TimestampFrequency));
        return caller;
    }

    /// <summary>A caller, and up to which timestamp nobody needs to be asked about them.</summary>
    private sealed record KnownCaller(RequestCaller Caller, long Until)
    {
        public bool HoldsAt(long timestamp) => timestamp < Until;
    }
}

/// <summary>More unknown keys are tried than are looked up.</summary>
public sealed class TooManyLookUpsException : Exception
{
    /// <summary>Makes the exception.</summary>
    public TooManyLookUpsException()
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public TooManyLookUpsException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and its cause.</summary>
    public TooManyLookUpsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary><c>Authorization: Bearer ork_…</c>, or <c>Api-Key ork_…</c>.</summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeyAuthenticator authenticator, CallerAddresses addresses)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApiKey";

    private const string Basic = "Basic ";

    private static readonly string[] Words = ["Bearer ", "Api-Key "];

    /// <summary>The key or token that a request shows, or null. Pages for browsers also take it as the password of any user.</summary>
    public static string? Shown(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ } header])
        {
            return null;
        }

        if (Array.Find(Words, word => header.StartsWith(word, StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            return header[found.Length..].Trim(' ');
        }

        return header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) && request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<BrowserPage>() is not null
            ? Password(header[Basic.Length..])
            : null;
    }

    private static string? Password(string credentials)
    {
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out var length))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? text[(colon + 1)..] : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Shown(Request) is not { } shown)
        {
            return AuthenticateResult.NoResult();
        }

        return await authenticator.Authenticate(shown, addresses.Of(Context)) is { } caller
            ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new CallerIdentity(caller, SchemeName)), SchemeName))
            : AuthenticateResult.Fail("The key is not valid.");
    }
}
