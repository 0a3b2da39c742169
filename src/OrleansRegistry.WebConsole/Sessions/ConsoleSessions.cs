using System.Buffers.Text;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using BitFaster.Caching.Lru;
using OrleansRegistry.Access;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// The sessions of browsers, which any gateway takes: their grains are asked, and the answers hold as long as they say.
/// What a session may do, the key that signed in says at each use. One by a token holds what that has said.
/// </summary>
internal sealed class ConsoleSessions(
    ConsoleOptions options,
    AccessOptions access,
    AccessSecret secret,
    ApiKeyAuthenticator keys,
    RequestRates rates,
    IAccessCatalog catalog,
    IGrainFactory grains,
    TimeProvider clock)
{
    private const int MaxKnown = 10_000;
    private const char Separator = '.';

    private static readonly TimeSpan MaxOfToken = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinOfToken = TimeSpan.FromSeconds(15);

    private readonly ConcurrentLru<SessionId, KnownSession> _known = new(MaxKnown);

    // What says who somebody is. A session by a token counts no longer than these settings.
    private readonly string _issuer = access.Oidc is { } oidc
        ? string.Join(
            '\n',
            [
                oidc.Authority, oidc.ClientId, oidc.RoleClaim, oidc.WorkspaceClaim, oidc.Workspace,
                .. oidc.Roles.OrderBy(role => role.Key, StringComparer.Ordinal).Select(role => $"{role.Key}={role.Value}"),
            ])
        : "";

    /// <summary>Begins a session for a caller who shows a key or a token. Answers its text, which nobody keeps.</summary>
    public async Task<string> Begin(RequestCaller caller)
    {
        if (caller.Proof is { } key)
        {
            return await Begin(key.Prefix, key.Hash, TimeSpan.FromHours(options.SessionHours));
        }

        var now = clock.GetUtcNow();
        var end = caller.ExpiresAt is { } expires && expires < now + MaxOfToken ? expires : now + MaxOfToken;
        var claims = new TokenClaims(caller.Workspace, caller.Actor, caller.Role, end).ToText();
        return await Begin(PrefixOf(caller), secret.HashKey(Bound(claims)), end - now) + Separator + claims;
    }

    /// <summary>Whether a caller's token lasts too short for a session: whoever comes back for another one would go in circles.</summary>
    public bool IsOver(RequestCaller caller) => caller.ExpiresAt - clock.GetUtcNow() < MinOfToken;

    /// <summary>Whether a text says of itself that it was a session by a token, and that this has ended. Nobody is let in by it.</summary>
    public bool IsRenewable(string token) =>
        token.Split(Separator) is [_, var claims] && TokenClaims.Parse(claims)?.ExpiresAt <= clock.GetUtcNow();

    /// <summary>The caller whose session a text belongs to, or null.</summary>
    /// <param name="token">The text.</param>
    /// <param name="from">The address that shows it.</param>
    /// <param name="isUse">Whether the session is used by it (rule G2).</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <exception cref="RequestRefusedException">Too many unknown sessions are tried from the address.</exception>
    public async ValueTask<RequestCaller?> Authenticate(string token, IPAddress from, bool isUse, CancellationToken cancellationToken)
    {
        var parts = token.Split(Separator);
        if (!SessionToken.TryParse(parts[0], out var id) || parts.Length > 2 || IsRenewable(token))
        {
            return null;
        }

        var proof = new SessionProof(this, id, HashesOf(parts[0]));
        if (!_known.TryGet(id, out _) && rates.CountUnknownKey(from) is { } refusal)
        {
            throw new RequestRefusedException(refusal.Error);
        }

        return await Find(proof, isUse) is not { } keyHash ? null
            : (parts is [_, var claims] ? CallerOf(claims, keyHash)
                : (await keys.Authenticate(new ApiKeyProof(id.KeyPrefix, keyHash), cancellationToken)).Value) is { } caller
            ? caller with { Standing = proof }
            : null;
    }

    /// <summary>The session that a caller is let in by, or null.</summary>
    public static SessionId? Of(RequestCaller caller) => (caller.Standing as SessionProof)?.Id;

    /// <summary>Ends a session. Answers whether there was one.</summary>
    public Task<bool> End(SessionId session) => Grain(session).End();

    /// <summary>The sessions of a key, or of a token's subject, that go on, newest first.</summary>
    public Task<ImmutableArray<SessionView>> List(string keyPrefix, CancellationToken cancellationToken) =>
        catalog.ListSessions(keyPrefix, clock.GetUtcNow(), cancellationToken);

    private async Task<string> Begin(string prefix, ImmutableArray<byte> keyHash, TimeSpan lifetime)
    {
        var token = SessionToken.Create(prefix);
        var id = SessionToken.TryParse(token, out var drawn) ? drawn : throw new InvalidOperationException("A token that was drawn is none.");
        await Grain(id).Begin(new BeginSessionCommand
        {
            Hash = secret.HashKey(token),
            KeyHash = keyHash,
            Lifetime = lifetime,
            IdleTimeout = TimeSpan.FromMinutes(options.IdleMinutes),
        });
        return token;
    }

    /// <summary>The caller whom the claims of a session name, if they are those that it was begun with.</summary>
    private RequestCaller? CallerOf(string claims, ImmutableArray<byte> keyHash) =>
        HashesOf(Bound(claims)).Any(hash => CryptographicOperations.FixedTimeEquals(hash.AsSpan(), keyHash.AsSpan()))
        && TokenClaims.Parse(claims) is { } token && token.ExpiresAt > clock.GetUtcNow()
            ? new RequestCaller(token.Workspace, token.Actor, token.Role) { ExpiresAt = token.ExpiresAt }
            : null;

    private string Bound(string claims) => $"{claims}\n{_issuer}";

    /// <summary>What the sessions of a token's subject are named by, as those of a key by its prefix.</summary>
    private string PrefixOf(RequestCaller caller) => string.Concat(
        secret.HashKey(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(caller.Name))).Take(ApiKey.PrefixLength).Select(part => ModelId.Alphabet[part % ModelId.Alphabet.Length]));

    /// <summary>The hashes of a text under each secret that counts.</summary>
    private ImmutableArray<ImmutableArray<byte>> HashesOf(string text) =>
        secret.HashKeyBefore(text) is { } before ? [secret.HashKey(text), before] : [secret.HashKey(text)];

    /// <summary>The hash of the key, or of the claims, that a session was begun with, as long as it goes on.</summary>
    private async ValueTask<ImmutableArray<byte>?> Find(SessionProof proof, bool isUse)
    {
        if (_known.TryGet(proof.Id, out var known) && known.Until > clock.GetTimestamp())
        {
            return proof.Hashes.Any(known.Matches) ? known.KeyHash : null;
        }

        // The answer holds from before it was asked for, so that it never holds longer than the grain takes it to.
        var asked = clock.GetTimestamp();
        foreach (var hash in proof.Hashes)
        {
            if (await Grain(proof.Id).Authenticate(hash, isUse) is { } identity)
            {
                _known.AddOrUpdate(proof.Id, new KnownSession(hash, identity.KeyHash, asked + (long)(identity.LeaseDuration.TotalSeconds * clock.TimestampFrequency)));
                return identity.KeyHash;
            }
        }

        return null;
    }

    private ISessionGrain Grain(SessionId session) => grains.GetGrain<ISessionGrain>(GrainKeys.Session(session));

    /// <summary>A session, and up to which timestamp nobody needs to be asked about it.</summary>
    private sealed record KnownSession(ImmutableArray<byte> Hash, ImmutableArray<byte> KeyHash, long Until)
    {
        public bool Matches(ImmutableArray<byte> hash) => CryptographicOperations.FixedTimeEquals(Hash.AsSpan(), hash.AsSpan());
    }

    /// <summary>The hashes of the text that a browser has shown, under each secret that counts.</summary>
    private sealed record SessionProof(ConsoleSessions Sessions, SessionId Id, ImmutableArray<ImmutableArray<byte>> Hashes) : ICallerStanding
    {
        public async ValueTask<bool> IsValid() => await Sessions.Find(this, isUse: false) is not null;
    }
}
