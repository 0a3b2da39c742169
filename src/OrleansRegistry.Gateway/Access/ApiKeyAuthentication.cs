using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using BitFaster.Caching.Lru;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRegistry.Access;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Says who shows a key. The key's grain is asked, and its answer holds for as long as it says: revoking a key waits until all of them have
/// lapsed, so that a key is refused everywhere from the moment on that it is revoked. What has no valid checksum asks nobody, and what has no
/// row no grain. Why a key is refused is told to those only who show all of it.
/// </summary>
internal sealed class ApiKeyAuthenticator(AccessSecret secret, IGrainFactory grains, IAccessCatalog catalog, RequestRates rates, TimeProvider clock)
{
    private const int MaxKnown = 10_000;

    // Keys that were valid here before. Others cost a look into the database, of which there are only so many for an address.
    private readonly ConcurrentLru<string, KnownCaller> _known = new(MaxKnown);

    /// <summary>The caller who shows a key, or why it is refused.</summary>
    /// <param name="key">What is shown.</param>
    /// <param name="from">The address that shows it.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <exception cref="RequestRefusedException">Too many unknown keys are tried.</exception>
    public ValueTask<Outcome<RequestCaller>> Authenticate(string key, IPAddress from, CancellationToken cancellationToken) =>
        ApiKey.TryParse(key, out var prefix)
            ? Authenticate(new ApiKeyProof(prefix, secret.HashKey(key)) { HashBefore = secret.HashKeyBefore(key) }, from, cancellationToken)
        : ValueTask.FromResult(Refuse(key.StartsWith(ApiKey.Marker, StringComparison.Ordinal)
            ? "The API key is mistyped: its length or its checksum is wrong."
            : $"This is not an API key: API keys begin with {ApiKey.Marker}."));

    /// <summary>Whether the caller of a request that goes on for long would still be let in.</summary>
    public async ValueTask<bool> IsStillValid(RequestCaller caller) =>
        (caller.Standing is null || await caller.Standing.IsValid())
        && (caller.Proof is { } proof ? (await Authenticate(proof)).Error is null : !(caller.ExpiresAt <= clock.GetUtcNow()));

    /// <summary>The timestamp up to which nobody needs to be asked about a caller who was let in by a key.</summary>
    public long HoldsUntil(RequestCaller caller) =>
        caller.Proof is { } proof && _known.TryGet(proof.Prefix, out var known) && ReferenceEquals(known.Proof, proof) ? known.Until : 0;

    /// <summary>The caller of a key that was let in before, or why it is refused now.</summary>
    public ValueTask<Outcome<RequestCaller>> Authenticate(ApiKeyProof proof, CancellationToken cancellationToken = default) =>
        Authenticate(proof, from: null, cancellationToken);

    private ValueTask<Outcome<RequestCaller>> Authenticate(ApiKeyProof proof, IPAddress? from, CancellationToken cancellationToken)
    {
        var isKnown = _known.TryGet(proof.Prefix, out var known) && known.Proof.Matches(proof);
        return isKnown && known!.IsValidAt(clock.GetTimestamp()) ? ValueTask.FromResult(known.Caller)
            : isKnown ? Ask(proof, cancellationToken)
            : LookUp(proof, from, cancellationToken);
    }

    /// <param name="proof">What is shown.</param>
    /// <param name="stranger">The address that shows it, or null for who was let in before.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    private async ValueTask<Outcome<RequestCaller>> LookUp(ApiKeyProof proof, IPAddress? stranger, CancellationToken cancellationToken)
    {
        if (stranger is not null && rates.CountUnknownKey(stranger) is { } refusal)
        {
            throw new RequestRefusedException(refusal.Error);
        }

        return await Find(proof, cancellationToken) is null ? Refuse("There is no such API key.") : await Ask(proof, cancellationToken);
    }

    private async ValueTask<Outcome<RequestCaller>> Ask(ApiKeyProof proof, CancellationToken cancellationToken)
    {
        // The answer holds from before it was asked for, so that it never holds longer than the grain takes it to.
        var asked = clock.GetTimestamp();
        if (await Identify(proof) is not { } identity)
        {
            return Refuse(await Find(proof, cancellationToken) switch
            {
                null => "There is no such API key.",
                { ExpiresAt: { } end } when end <= clock.GetUtcNow() => "The API key has expired.",
                _ => "The API key was revoked.",
            });
        }

        Outcome<RequestCaller> caller =
            new RequestCaller(identity.Workspace, "key:" + proof.Prefix, identity.Role)
            {
                KeyName = identity.Name,
                ModelIds = identity.ModelIds,
                Proof = proof,
            };
        _known.AddOrUpdate(proof.Prefix, new KnownCaller(proof, caller, asked + (long)(identity.LeaseDuration.TotalSeconds * clock.TimestampFrequency)));
        return caller;
    }

    /// <summary>Asks the key's grain. A key that it knows by the other secret only is stored under this one (rule H4).</summary>
    private async Task<ApiKeyIdentity?> Identify(ApiKeyProof proof)
    {
        var grain = grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(proof.Prefix));
        if (await grain.Authenticate(proof.Hash) is { } identity)
        {
            return identity;
        }

        if (secret.Rehash(proof) is not { } command || await grain.Authenticate(command.Known) is not { } known)
        {
            return null;
        }

        // The caller doesn't wait for it.
        grain.Rehash(command).Ignore();
        return known;
    }

    /// <summary>The key that is shown, as it is stored, or null when there is none or only another one of its prefix.</summary>
    private async Task<ApiKeyView?> Find(ApiKeyProof proof, CancellationToken cancellationToken) =>
        await catalog.FindKey(proof.Prefix, cancellationToken) is { } stored
            && (proof.IsOneOf(stored.Hash) | (stored.OtherHash is { } other && proof.IsOneOf(other)))
            ? stored.Key
            : null;

    private static Outcome<RequestCaller> Refuse(string detail) => new RegistryError(ErrorCode.Unauthenticated, detail);

    /// <summary>A caller, and up to which timestamp nobody needs to be asked about them.</summary>
    private sealed record KnownCaller(ApiKeyProof Proof, Outcome<RequestCaller> Caller, long Until)
    {
        public bool IsValidAt(long timestamp) => timestamp < Until;
    }
}

/// <summary><c>Authorization: Bearer ork_…</c>, or <c>Api-Key ork_…</c>.</summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    ApiKeyAuthenticator authenticator,
    ShownKeys keys,
    CallerAddresses addresses)
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

        return header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) && IsPage(request) ? Password(header[Basic.Length..]) : null;
    }

    private static bool IsPage(HttpRequest request) => request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<BrowserPage>() is not null;

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

        if (!(await authenticator.Authenticate(shown, addresses.Of(Context), Context.RequestAborted)).TryGet(out var caller, out var error))
        {
            return AuthenticateResult.Fail(error.Detail);
        }

        var principal = new ClaimsPrincipal(new CallerIdentity(caller, SchemeName));
        // Pages take more than other routes do.
        if (!IsPage(Request))
        {
            keys.Keep(Request.Headers.Authorization.ToString(), caller, principal, authenticator.HoldsUntil(caller));
        }

        return AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName));
    }
}
