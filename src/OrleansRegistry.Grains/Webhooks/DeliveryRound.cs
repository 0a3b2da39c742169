using System.Collections.Immutable;

namespace OrleansRegistry.Webhooks;

/// <summary>A page of events on its way to a receiver: what was told of it, and how much of that is stored.</summary>
/// <param name="page">The events, in order.</param>
/// <param name="told">The positions that the receiver has taken, those of earlier rounds too.</param>
/// <param name="cursor">The stored cursor, as text.</param>
internal sealed class DeliveryRound(ImmutableArray<RegistryEvent> page, HashSet<long> told, string cursor)
{
    private readonly List<DeliveryView> _unstored = [];

    /// <summary>The positions that the receiver has taken.</summary>
    public HashSet<long> Told => told;

    /// <summary>The cursor as it is stored, unless a command has moved it.</summary>
    public string Cursor { get; set; } = cursor;

    /// <summary>Attempts that are not stored yet, in order.</summary>
    public IReadOnlyList<DeliveryView> Unstored => _unstored;

    /// <summary>Whether anything was attempted.</summary>
    public bool HasAttempts { get; private set; }

    /// <summary>The last attempt that failed, or null.</summary>
    public DeliveryView? Failure { get; private set; }

    /// <summary>Stores what was attempted, while the round goes on.</summary>
    public Task Storing { get; set; } = Task.CompletedTask;

    /// <summary>Events that are to be told yet, in order.</summary>
    public IEnumerable<RegistryEvent> Untold => page.Where(happened => !told.Contains(happened.Position));

    /// <summary>
    /// The position up to which the receiver has taken everything of the page, or null when that is nothing.
    /// </summary>
    public long? ToldUpTo => Untold.FirstOrDefault() is { } missing ? missing.Position - 1 : page.IsEmpty ? null : page[^1].Position;

    /// <summary>Notes an attempt.</summary>
    public void Add(RegistryEvent happened, DeliveryView attempt)
    {
        HasAttempts = true;
        _unstored.Add(attempt);
        if (attempt.Error is null)
        {
            told.Add(happened.Position);
        }
        else
        {
            Failure = attempt;
        }
    }

    /// <summary>Notes that the first so many attempts are stored.</summary>
    public void Stored(int count) => _unstored.RemoveRange(0, count);
}
