using System.Buffers.Binary;
using System.Collections.Immutable;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// The one alias of a model as its clients may know it, one operation after the other: rules AL3 to AL5, AL7 and AL8, as far as the operations can
/// tell. No version is deleted, so that an alias that exists is never empty.
/// </summary>
internal sealed class AliasSpec : ISpec<AliasSpec>
{
    private const int HistoryLength = 5;

    private readonly int _last;
    private readonly OrdinalSet _active;

    // Where it pointed, the present version last; empty before there is one.
    private readonly ImmutableArray<int> _history;

    private AliasSpec(int last, OrdinalSet active, ImmutableArray<int> history) => (_last, _active, _history) = (last, active, history);

    public static AliasSpec Empty { get; } = new(0, OrdinalSet.Empty, []);

    /// <summary>The ordinal that it points to, 0 before there is one.</summary>
    public int Target => _history.IsEmpty ? 0 : _history[^1];

    public UInt128 Fingerprint
    {
        get
        {
            Span<byte> bytes = stackalloc byte[20 + (HistoryLength * sizeof(int))];
            bytes.Clear();
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, _active.Sum);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], _last);
            foreach (var (place, ordinal) in _history.Index())
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes[(20 + (place * sizeof(int)))..], ordinal);
            }

            return OrdinalSet.Digest(bytes);
        }
    }

    public static bool Concerns(Verb verb) => verb is not (Verb.Resolve or Verb.Promote);

    public AliasSpec? Apply(Operation operation)
    {
        var (ordinal, told) = (operation.Ordinal, operation.Told);
        if (operation.From is { } from && from != Target)
        {
            return null;
        }

        return operation.Verb switch
        {
            Verb.ResolveAlias => Resolve(ordinal, told),
            Verb.Look => ordinal == Target ? this : null,
            Verb.Deploy => Deploy(ordinal, told),
            Verb.DeployClaiming => Deploy(ordinal, told)?.Point(_last + 1),
            Verb.SetAlias => Set(ordinal, told),
            Verb.RollbackAlias => Rollback(ordinal, told),
            Verb.Deactivate => told == Told.Refused ? null : new AliasSpec(_last, _active.Remove(ordinal), _history),
            Verb.Activate => told == Told.Refused ? null : new AliasSpec(_last, _active.Add(ordinal), _history),
            _ => throw new InvalidOperationException($"{operation.Verb} is not about aliases."),
        };
    }

    public override string ToString() => $"1 to {_last}, active {_active}, alias {string.Join(' ', _history)}";

    /// <summary>Rule AL5: it never falls back.</summary>
    private AliasSpec? Resolve(int ordinal, Told told)
    {
        var isThere = Target == 0 || _active.Contains(Target);
        return told == Told.Refused ? (isThere ? null : this) : isThere && ordinal == Target ? this : null;
    }

    private AliasSpec? Deploy(int ordinal, Told told) =>
        told == Told.Unknown || ordinal == _last + 1 ? new AliasSpec(_last + 1, _active.Add(_last + 1), _history) : null;

    private AliasSpec? Set(int ordinal, Told told) => (_active.Contains(ordinal), told) switch
    {
        (true, Told.Done or Told.Unknown) => Point(ordinal),
        (false, Told.Refused or Told.Unknown) => this,
        _ => null,
    };

    /// <summary>Rule AL7: to the latest active version before the present one; all later ones leave history.</summary>
    private AliasSpec? Rollback(int ordinal, Told told)
    {
        for (var place = _history.Length - 2; place >= 0; place--)
        {
            if (_active.Contains(_history[place]))
            {
                return told == Told.Unknown || (told == Told.Done && ordinal == _history[place]) ? With(_history[..(place + 1)]) : null;
            }
        }

        return told == Told.Done ? null : this;
    }

    /// <summary>Rule AL7: history holds the last versions, none twice.</summary>
    private AliasSpec Point(int ordinal)
    {
        ImmutableArray<int> history = [.. _history.Where(past => past != ordinal), ordinal];
        return ordinal == Target ? this : With(history.Length > HistoryLength ? history[1..] : history);
    }

    private AliasSpec With(ImmutableArray<int> history) => new(_last, _active, history);
}
