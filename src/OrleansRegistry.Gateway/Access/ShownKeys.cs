using System.Runtime.InteropServices;
using System.Security.Claims;
using System.Security.Cryptography;
using BitFaster.Caching.Lru;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Headers that showed a key a moment ago, and whose key it was. A header that comes again while the answer of the key's
/// grain holds is compared with the hash of the one before: no key is kept, and nothing is asked.
/// </summary>
internal sealed class ShownKeys(TimeProvider clock)
{
    private const int MaxKnown = 10_000;

    // A header with a key is shorter. What is longer isn't hashed for strangers.
    private const int MaxLength = 128;

    private readonly ConcurrentLru<ulong, ShownKey> _known = new(MaxKnown);

    /// <summary>Keeps a header for as long as the key's grain need not be asked again.</summary>
    /// <param name="header">The header Authorization.</param>
    /// <param name="caller">Whose key it shows.</param>
    /// <param name="principal">The caller as ASP.NET's authentication carries it.</param>
    /// <param name="until">The timestamp up to which the answer of the key's grain holds.</param>
    public void Keep(string header, RequestCaller caller, ClaimsPrincipal principal, long until)
    {
        if (header.Length <= MaxLength)
        {
            var hash = new byte[SHA256.HashSizeInBytes];
            Hash(header, hash);
            _known.AddOrUpdate(PlaceOf(hash), new ShownKey(hash, caller, principal, until));
        }
    }

    /// <summary>The caller whose key a header shows, or null where the key's grain has to say so.</summary>
    public ShownKey? Find(string header)
    {
        if (header.Length > MaxLength)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(header, hash);
        return _known.TryGet(PlaceOf(hash), out var known)
            && CryptographicOperations.FixedTimeEquals(known.Hash, hash)
            && clock.GetTimestamp() < known.Until
            ? known
            : null;
    }

    private static void Hash(string header, Span<byte> hash) => SHA256.HashData(MemoryMarshal.AsBytes(header.AsSpan()), hash);

    private static ulong PlaceOf(ReadOnlySpan<byte> hash) => MemoryMarshal.Read<ulong>(hash);
}

/// <summary>A header that showed a key.</summary>
/// <param name="Hash">The header's hash.</param>
/// <param name="Caller">Whose key it is.</param>
/// <param name="Principal">The caller as ASP.NET's authentication carries it.</param>
/// <param name="Until">The timestamp up to which nobody needs to be asked.</param>
internal sealed record ShownKey(byte[] Hash, RequestCaller Caller, ClaimsPrincipal Principal, long Until);
