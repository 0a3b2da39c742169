using System.Collections.Immutable;
using System.IO.Hashing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// Ordinals of versions. Two sets with the same sum of their ordinals' hashes are the same, but for a miracle: comparing is what a search does all the
/// time.
/// </summary>
internal sealed class OrdinalSet : IEquatable<OrdinalSet>
{
    private readonly ImmutableSortedSet<int> _ordinals;

    private OrdinalSet(ImmutableSortedSet<int> ordinals, UInt128 sum) => (_ordinals, Sum) = (ordinals, sum);

    public static OrdinalSet Empty { get; } = new([], 0);

    /// <summary>The sum of the hashes.</summary>
    public UInt128 Sum { get; }

    /// <summary>The highest ordinal, 0 of none.</summary>
    public int Max => _ordinals.IsEmpty ? 0 : _ordinals.Max;

    public static OrdinalSet Of(IEnumerable<int> ordinals) => ordinals.Aggregate(Empty, (set, ordinal) => set.Add(ordinal));

    public bool Contains(int ordinal) => _ordinals.Contains(ordinal);

    public OrdinalSet Add(int ordinal) => Contains(ordinal) ? this : new OrdinalSet(_ordinals.Add(ordinal), Sum + Hash(ordinal));

    public OrdinalSet Remove(int ordinal) => Contains(ordinal) ? new OrdinalSet(_ordinals.Remove(ordinal), Sum - Hash(ordinal)) : this;

    /// <summary>A digest of what tells the states of a search apart.</summary>
    public static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[16];
        XxHash128.Hash(bytes, digest);
        return BitConverter.ToUInt128(digest);
    }

    public bool Equals(OrdinalSet? other) => other is not null && Sum == other.Sum;

    public override bool Equals(object? obj) => Equals(obj as OrdinalSet);

    public override int GetHashCode() => Sum.GetHashCode();

    public override string ToString() => string.Join(' ', _ordinals);

    private static UInt128 Hash(int ordinal) => Digest(BitConverter.GetBytes(ordinal));
}
