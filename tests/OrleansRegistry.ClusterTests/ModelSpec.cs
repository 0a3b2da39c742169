using System.Buffers.Binary;

namespace OrleansRegistry.ClusterTests;

/// <summary>What clients do to a model. All versions are published as they are deployed, so that publish order is deploy order.</summary>
internal enum Verb
{
    Resolve,
    Deploy,
    Promote,
    Deactivate,
    Activate,

    /// <summary>Resolves the alias.</summary>
    ResolveAlias,

    /// <summary>Deploys with a claim to the alias.</summary>
    DeployClaiming,

    SetAlias,

    RollbackAlias,

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

    /// <summary>
    /// The ordinal it is about: given by the client, or, for deploys, resolves and rollbacks, by the answer; 0 for no primary or no alias. Of a look it is
    /// where the alias points.
    /// </summary>
    public int Ordinal { get; init; }

    /// <summary>
    /// Of a move of the alias the ordinal where it pointed before, 0 for no alias, as the answer says; null when nobody said so. Without it a search
    /// would learn from the next rollback only in which order moves have happened.
    /// </summary>
    public int? From { get; init; }

    /// <summary>What a look found.</summary>
    public ModelSpec? Seen { get; init; }

    public required Told Told { get; init; }

    public required long CalledAt { get; init; }

    /// <summary>When the answer came; of an unknown outcome the last instant at which it can take effect.</summary>
    public required long AnsweredAt { get; init; }

    public override string ToString() =>
        FormattableString.Invariant($"[{CalledAt}, {AnsweredAt}] {Verb} {From} {Ordinal} {Told} {Seen}");
}

/// <summary>A state of what clients share, as they may know it, one operation after the other.</summary>
internal interface ISpec<TSelf>
    where TSelf : class, ISpec<TSelf>
{
    /// <summary>The state before the first operation.</summary>
    static abstract TSelf Empty { get; }

    /// <summary>Tells states apart: two that are not the same have the same one only by a miracle. It is kept where states would take too much memory.</summary>
    UInt128 Fingerprint { get; }

    /// <summary>Whether operations of this kind are a part of it.</summary>
    static abstract bool Concerns(Verb verb);

    /// <summary>The state after an operation that took effect, or null when the operation can't have been answered like this.</summary>
    TSelf? Apply(Operation operation);
}

/// <summary>
/// One model as its clients may know it, one operation after the other: rules N5, L2, L3, P1, P3 and P4, as far as the operations above can
/// tell. Versions are without a serving spec, so that active is routable. Its alias has a search of its own: neither moves the other (rule AL8), and
/// what has an unknown outcome would multiply.
/// </summary>
internal sealed class ModelSpec : IEquatable<ModelSpec>, ISpec<ModelSpec>
{
    private readonly OrdinalSet _active;

    private ModelSpec(int last, int primary, OrdinalSet active) => (Last, Primary, _active) = (last, primary, active);

    public static ModelSpec Empty { get; } = new(0, 0, OrdinalSet.Empty);

    /// <summary>The highest ordinal, 0 before the first version.</summary>
    public int Last { get; }

    /// <summary>The ordinal of the primary, 0 for none.</summary>
    public int Primary { get; }

    public UInt128 Fingerprint
    {
        get
        {
            Span<byte> bytes = stackalloc byte[24];
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, _active.Sum);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], Last);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], Primary);
            return OrdinalSet.Digest(bytes);
        }
    }

    /// <summary>A model as a look found it.</summary>
    public static ModelSpec Of(int last, int primary, params IEnumerable<int> active) =>
        new(last, primary, OrdinalSet.Of(active));

    public static bool Concerns(Verb verb) => verb is not (Verb.ResolveAlias or Verb.SetAlias or Verb.RollbackAlias);

    public ModelSpec? Apply(Operation operation)
    {
        var ordinal = operation.Ordinal;
        var isUnknown = operation.Told == Told.Unknown;
        return operation.Verb switch
        {
            Verb.Resolve => ordinal == Primary ? this : null,
            Verb.Look => Equals(operation.Seen) ? this : null,
            Verb.Deploy or Verb.DeployClaiming => isUnknown || ordinal == Last + 1 ? new ModelSpec(Last + 1, Last + 1, _active.Add(Last + 1)) : null,
            Verb.Promote => Promote(ordinal, operation.Told),
            Verb.Deactivate => operation.Told == Told.Refused ? null : Deactivate(ordinal),
            _ => operation.Told == Told.Refused ? null : Activate(ordinal),
        };
    }

    public bool Equals(ModelSpec? other) => other is not null && (Last, Primary) == (other.Last, other.Primary) && _active.Equals(other._active);

    public override bool Equals(object? obj) => Equals(obj as ModelSpec);

    public override int GetHashCode() => HashCode.Combine(Last, Primary, _active);

    public override string ToString() => $"1 to {Last}, active {_active}, primary {Primary}";

    private ModelSpec? Promote(int ordinal, Told told) => (_active.Contains(ordinal), told) switch
    {
        (true, Told.Done or Told.Unknown) => new ModelSpec(Last, ordinal, _active),
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
        return new ModelSpec(Last, Primary != ordinal ? Primary : active.Max, active);
    }

    private ModelSpec Activate(int ordinal) =>
        _active.Contains(ordinal) ? this : new ModelSpec(Last, Primary == 0 ? ordinal : Primary, _active.Add(ordinal));
}
