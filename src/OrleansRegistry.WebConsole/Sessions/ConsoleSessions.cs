using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using BitFaster.Caching.Lru;
using OrleansRegistry.Access;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// The sessions of browsers, which any gateway takes: their grains are asked, and the answers hold as long as they say.
/// What a session may do, the key that signed in says at each use.
/// </summary>
internal sealed class ConsoleSessions(
    ConsoleOptions options,
    AccessSecret secret,
    ApiKeyAuthenticator keys,
    RequestRates rates,
    IAccessCatalog catalog,
    IGrainFactory grains,
    TimeProvider clock)
{
    private const int MaxKnown = 10_000;

    private readonly ConcurrentLru<SessionId, KnownSession> _known = new(MaxKnown);

    /// <summary>Begins a session for a caller who shows a key. Answers its text, which nobody keeps.</summary>
    public async Task<string> Begin(ApiKeyProof proof)
    {
        var token = SessionToken.Create(proof.Prefix);
        var id = SessionToken.TryParse(token, out var drawn) ? drawn : throw new InvalidOperationException("A token that was drawn is none.");
        await Grain(id).Begin(new BeginSessionCommand
        {
            Hash = secret.HashKey(token),
            KeyHash = proof.Hash,
            Lifetime = TimeSpan.FromHours(options.SessionHours),
            IdleTimeout = TimeSpan.FromMinutes(options.IdleMinutes),
        });
        return token;
    }

    /// <summary>The caller whose session a text belongs to, or null.</summary>
    /// <param name="token">The text.</param>
    /// <param name="from">The address that shows it.</param>
    /// <param name="isUse">Whether the session is used by it (rule G2).</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    /// <exception cref="RequestRefusedException">Too many unknown sessions are tried from the address.</exception>
    public async ValueTask<RequestCaller?> Authenticate(string token, IPAddress from, bool isUse, CancellationToken cancellationToken)
    {
        if (!SessionToken.TryParse(token, out var id))
        {
            return null;
        }

        var proof = new SessionProof(this, id, secret.HashKeyBefore(token) is { } before ? [secret.HashKey(token), before] : [secret.HashKey(token)]);
        if (!_known.TryGet(id, out _) && rates.CountUnknownKey(from) is { } refusal)
        {
            throw new RequestRefusedException(refusal.Error);
        }

        return await Find(proof, isUse) is { } key && (await keys.Authenticate(key, cancellationToken)).TryGet(out var caller, out _)
            ? caller with { Standing = proof }
            : null;
    }

    /// <summary>The session that a caller is let in by, or null.</summary>
    public static SessionId? Of(RequestCaller caller) => (caller.Standing as SessionProof)?.Id;

    /// <summary>Ends a session. Answers whether there was one.</summary>
    public Task<bool> End(SessionId session) => Grain(session).End();

    /// <summary>The sessions of a key that go on, newest first.</summary>
    public Task<ImmutableArray<SessionView>> List(string keyPrefix, CancellationToken cancellationToken) =>
        catalog.ListSessions(keyPrefix, clock.GetUtcNow(), cancellationToken);

    /// <summary>The key of a session, as long as it goes on.</summary>
    private async ValueTask<ApiKeyProof?> Find(SessionProof proof, bool isUse)
    {
        if (_known.TryGet(proof.Id, out var known) && known.Until > clock.GetTimestamp())
        {
            return proof.Hashes.Any(known.Matches) ? known.Key : null;
        }

        // The answer holds from before it was asked for, so that it never holds longer than the grain takes it to.
        var asked = clock.GetTimestamp();
        foreach (var hash in proof.Hashes)
        {
            if (await Grain(proof.Id).Authenticate(hash, isUse) is { } identity)
            {
                var key = new ApiKeyProof(proof.Id.KeyPrefix, identity.KeyHash);
                _known.AddOrUpdate(proof.Id, new KnownSession(hash, key, asked + (long)(identity.LeaseDuration.TotalSeconds * clock.TimestampFrequency)));
                return key;
            }
        }

        return null;
    }

    private ISessionGrain Grain(SessionId session) => grains.GetGrain<ISessionGrain>(GrainKeys.Session(session));

    /// <summary>A session, and up to which timestamp nobody needs to be asked about it.</summary>
    private sealed record KnownSession(ImmutableArray<byte> Hash, ApiKeyProof Key, long Until)
    {
        public bool Matches(ImmutableArray<byte> hash) => CryptographicOperations.FixedTimeEquals(Hash.AsSpan(), hash.AsSpan());
    }

    /// <summary>The hashes of the text that a browser has shown, under each secret that counts.</summary>
    private sealed record SessionProof(ConsoleSessions Sessions, SessionId Id, ImmutableArray<ImmutableArray<byte>> Hashes) : ICallerStanding
    {
        public async ValueTask<bool> IsValid() => await Sessions.Find(this, isUse: false) is not null;
    }
}
