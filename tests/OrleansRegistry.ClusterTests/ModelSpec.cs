using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;

namespace OrleansRegistry.ClusterTests;

/// <summary>What clients do to a model. All versions are published as they are deployed, so that publish order is deploy order.</summary>
internal enum Verb
{
    Resolve,
    Deploy,
    Promote,
    Deactivate,
    Activate,

    /// <summary>Reads the whole model, when nothing else goes on any more.</summary>
    Look,
}

/// <summary>What a client was told.</summary>
internal enum Told
{
    /// <summary>2xx.</summary>
    Done,

    /// <summary>4xx for a reason that the state of the model gives.</summary>
    Refused,

    /// <summary>Nothing, or 5xx: it may be in effect or not.</summary>
    Unknown,
}

/// <summary>One thing that a client did, between two instants of one clock.</summary>
internal sealed record Operation
{
    public required Verb Verb { get; init; }

    /// <summary>The ordinal it is about: given by the client, or, for deploy and resolve, by the answer; 0 for no primary.</summary>
    public int Ordinal { get; init; }

    /// <summary>What a look found.</summary>
    public ModelSpec? Seen { get; init; }

    public required Told Told { get; init; }

    public required long CalledAt { get; init; }

    /// <summary>When the answer came; of an unknown outcome the last instant at which it can take effect.</summary>
    public required long AnsweredAt { get; init; }

    public override string ToString() =>
        FormattableString.Invariant($"[{CalledAt}, {AnsweredAt}] {Verb} {Ordinal} {Told} {Seen}");
}

/// <summary>
/// One model as its clients may know it, one operation after the other: rules N5, L2, L3, P1, P3 and P4, as far as the operations above can
/// tell. Versions are without a serving spec, so that active is routable.
/// </summary>
internal sealed class ModelSpec : IEquatable<ModelSpec>
{
    private readonly ImmutableSortedSet<int> _active;

    // Two sets with the same sum of their ordinals' hashes are the same, but for a miracle: comparing is what a search does all the time.
    private readonly UInt128 _sum;

    private ModelSpec(int last, int primary, ImmutableSortedSet<int> active, UInt128 sum) => (Last, Primary, _active, _sum) = (last, primary, active, sum);

    public static ModelSpec Empty { get; } = new(0, 0, [], 0);

    /// <summary>The highest ordinal, 0 before the first version.</summary>
    public int Last { get; }

    /// <summary>The ordinal of the primary, 0 for none.</summary>
    public int Primary { get; }

    /// <summary>Tells models apart: two that are not the same have the same one only by a miracle. It is kept where models would take too much memory.</summary>
    public UInt128 Fingerprint
    {
        get
        {
            Span<byte> bytes = stackalloc byte[24];
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, _sum);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], Last);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], Primary);
            return Digest(bytes);
        }
    }

    /// <summary>A model as a look found it.</summary>
    public static ModelSpec Of(int last, int primary, params IEnumerable<int> active) =>
        new(last, primary, [.. active], active.Aggregate((UInt128)0, (sum, ordinal) => sum + Hash(ordinal)));

    /// <summary>The model after an operation that took effect, or null when the operation can't have been answered like this.</summary>
    public ModelSpec? Apply(Operation operation)
    {
        var ordinal = operation.Ordinal;
        var isUnknown = operation.Told == Told.Unknown;
        return operation.Verb switch
        {
            Verb.Resolve => ordinal == Primary ? this : null,
            Verb.Look => Equals(operation.Seen) ? this : null,
            Verb.Deploy => isUnknown || ordinal == Last + 1 ? new ModelSpec(Last + 1, Last + 1, _active.Add(Last + 1), _sum + Hash(Last + 1)) : null,
            Verb.Promote => Promote(ordinal, operation.Told),
            Verb.Deactivate => operation.Told == Told.Refused ? null : Deactivate(ordinal),
            _ => operation.Told == Told.Refused ? null : Activate(ordinal),
        };
    }

    public bool Equals(ModelSpec? other) => other is not null && (Last, Primary, _sum) == (other.Last, other.Primary, other._sum);

    public override bool Equals(object? obj) => Equals(obj as ModelSpec);

    public override int GetHashCode() => HashCode.Combine(Last, Primary, _sum);

    public override string ToString() => $"1 to {Last}, active {string.Join(' ', _active)}, primary {Primary}";

    private ModelSpec? Promote(int ordinal, Told told) => (_active.Contains(ordinal), told) switch
    {
        (true, Told.Done or Told.Unknown) => new ModelSpec(Last, ordinal, _active, _sum),
        (false, Told.Refused or Told.Unknown) => this,
        _ => null,
    };

    private ModelSpec Deactivate(int ordinal)
    {
        if (!_active.Contains(ordinal))
        {
            return this;
        }

        var active = _active.Remove(ordinal);
        return new ModelSpec(Last, Primary != ordinal ? Primary : active.IsEmpty ? 0 : active.Max, active, _sum - Hash(ordinal));
    }

    private ModelSpec Activate(int ordinal) =>
        _active.Contains(ordinal) ? this : new ModelSpec(Last, Primary == 0 ? ordinal : Primary, _active.Add(ordinal), _sum + Hash(ordinal));

    private static UInt128 Hash(int ordinal) => Digest(BitConverter.GetBytes(ordinal));

    private static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[16];
        XxHash128.Hash(bytes, digest);
        return BitConverter.ToUInt128(digest);
    }
}
