using System.Collections.Immutable;
using System.Text.Json;

namespace OrleansRegistry.Models;

/// <summary>What was primary when, as the events of a model tell (rule P5). Pure functions.</summary>
internal static class PrimaryHistory
{
    /// <summary>The periods that moves of the pointer began, newest first like the moves.</summary>
    /// <param name="moves">Events of type <see cref="EventType.PrimaryChanged"/>, newest first, without a gap.</param>
    /// <param name="until">The instant of the move after them, or null.</param>
    public static ImmutableArray<PrimaryPeriod> Of(IEnumerable<RegistryEvent> moves, DateTimeOffset? until)
    {
        var periods = ImmutableArray.CreateBuilder<PrimaryPeriod>();
        foreach (var move in moves)
        {
            periods.Add(Begun(move, until));
            until = move.At;
        }

        return periods.ToImmutable();
    }

    /// <summary>
    /// The period that an instant falls into; an instant belongs to the last move that it has. Where the first events
    /// were removed because of their age, what is left may still tell it.
    /// </summary>
    public static Outcome<PrimaryPeriod> At(PrimaryEvidence known, DateTimeOffset at)
    {
        if (known.Last is { } last)
        {
            return Begun(last, known.Next?.At);
        }

        if (!known.IsRemoved)
        {
            return new PrimaryPeriod { Until = known.Next?.At };
        }

        if (known.Next is null && known.Present is { } present && present.Since <= at)
        {
            return new PrimaryPeriod
            {
                From = present.Since,
                VersionId = present.VersionId,
                Version = present.Version,
                Actor = present.By,
                ActorName = present.ByName,
                Comment = present.Comment,
                Reason = present.Reason,
            };
        }

        if (!(known.OldestKept <= at))
        {
            return new RegistryError(
                ErrorCode.HistoryRemoved,
                "Events up to this instant were removed because of their age: nobody knows any more what was primary.");
        }

        return known.Next is { } next
            ? new PrimaryPeriod { Until = next.At, VersionId = Text(next, "from"), Version = Text(next, "from_version") }
            : new PrimaryPeriod();
    }

    private static PrimaryPeriod Begun(RegistryEvent move, DateTimeOffset? until) => new()
    {
        From = move.At,
        Until = until,
        VersionId = Text(move, "to"),
        Version = Text(move, "to") is null ? null : move.Version,
        Actor = move.Actor,
        ActorName = move.ActorName,
        Comment = move.Comment,
        Reason = Enum.TryParse<PrimaryReason>(Text(move, "reason"), ignoreCase: true, out var reason) ? reason : null,
        EventId = move.Id,
    };

    private static string? Text(RegistryEvent move, string member) =>
        move.Data.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>What is known about the primary of a model around an instant.</summary>
internal sealed record PrimaryEvidence
{
    /// <summary>The last move up to the instant, or null.</summary>
    public RegistryEvent? Last { get; init; }

    /// <summary>The first move after the instant, or null.</summary>
    public RegistryEvent? Next { get; init; }

    /// <summary>Whether the model's first events were removed because of their age.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>The instant of the model's oldest event that is kept, or null when none is.</summary>
    public DateTimeOffset? OldestKept { get; init; }

    /// <summary>What is primary now, or null.</summary>
    public PrimaryView? Present { get; init; }
}
