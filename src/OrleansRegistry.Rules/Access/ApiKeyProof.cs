using System.Collections.Immutable;
using System.Security.Cryptography;

namespace OrleansRegistry.Access;

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
