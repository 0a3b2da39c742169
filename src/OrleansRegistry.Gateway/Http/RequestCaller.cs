using System.Collections.Immutable;
using System.Reflection;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>Who sends a request, what they may do, and which workspace they act in: as their key or token says, never the request itself.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Actor">The caller, as events and views name it: <c>key:{prefix}</c> or <c>token:{subject}</c>.</param>
/// <param name="Role">What they may do.</param>
internal sealed record RequestCaller(string Workspace, string Actor, Role Role) : IBindableFromHttpContext<RequestCaller>
{
    /// <summary>The caller among all workspaces: what limits count by.</summary>
    internal string Name { get; } = Workspace + "/" + Actor;

    /// <summary>The name of their key, or null for a token.</summary>
    internal string? KeyName { get; init; }

    /// <summary>The only models they may call, by id; empty for all.</summary>
    public ImmutableArray<string> ModelIds { get; init; } = [];

    /// <summary>The hash of the key that was shown, or null for a token.</summary>
    internal ApiKeyProof? Proof { get; init; }

    /// <summary>From when on the token is not valid any more, or null for a key, of which its grain knows.</summary>
    internal DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The caller of a request that has been authenticated; routes that need none have none.</summary>
    public static ValueTask<RequestCaller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Of(context));

    /// <summary>What besides the key or the token must still hold, or null.</summary>
    internal ICallerStanding? Standing { get; init; }

    internal static RequestCaller? Of(HttpContext context) => (context.User.Identity as CallerIdentity)?.Caller;
}

/// <summary>What a caller is let in by, beside their key or token.</summary>
internal interface ICallerStanding
{
    /// <summary>Whether it still holds.</summary>
    ValueTask<bool> IsValid();
}

/// <summary>What a caller has shown: the prefix of a key, and the keyed hash of all of it.</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="Hash">The hash.</param>
internal sealed record ApiKeyProof(string Prefix, ImmutableArray<byte> Hash)
{
    /// <summary>The hash of the same key under the secret that counts beside, or null.</summary>
    public ImmutableArray<byte>? HashBefore { get; init; }

    /// <summary>Whether both show the same key, found out in a time that doesn't depend on it.</summary>
    public bool Matches(ApiKeyProof other) => Prefix == other.Prefix && (IsOneOf(other.Hash) | (other.HashBefore is { } before && IsOneOf(before)));

    /// <summary>Whether a hash is one of the key that is shown, found out in a time that doesn't depend on it.</summary>
    public bool IsOneOf(ImmutableArray<byte> hash) => IsSame(Hash, hash) | (HashBefore is { } before && IsSame(before, hash));

    private static bool IsSame(ImmutableArray<byte> one, ImmutableArray<byte> other) => CryptographicOperations.FixedTimeEquals(one.AsSpan(), other.AsSpan());
}

/// <summary>A caller as ASP.NET's authentication carries it.</summary>
internal sealed class CallerIdentity(RequestCaller caller, string scheme) : ClaimsIdentity(scheme)
{
    public RequestCaller Caller => caller;

    public override string Name => caller.Actor;
}

/// <summary>Whoever shows a token that doesn't say what a caller is, or that can't be checked now.</summary>
internal sealed class RefusedIdentity(RegistryError error, string scheme) : ClaimsIdentity(scheme)
{
    /// <summary>Why nobody may act with it.</summary>
    public RegistryError Error => error;
}
