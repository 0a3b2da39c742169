namespace OrleansRegistry;

/// <summary>A time during which a version was primary, or none was.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PrimaryPeriod")]
public sealed record PrimaryPeriod
{
    /// <summary>The instant at which it began, or null before the first primary, and where its event was removed.</summary>
    [Id(0)]
    public DateTimeOffset? From { get; init; }

    /// <summary>The instant at which the next one began, or null while it lasts.</summary>
    [Id(1)]
    public DateTimeOffset? Until { get; init; }

    /// <summary>The id of the version that was primary, or null for none.</summary>
    [Id(2)]
    public string? VersionId { get; init; }

    /// <summary>The number of the version that was primary, or null for none.</summary>
    [Id(3)]
    public string? Version { get; init; }

    /// <summary>Whose command began it, or null where that is not known.</summary>
    [Id(4)]
    public string? Actor { get; init; }

    /// <summary>The name of the actor's key, or null for an actor who has none.</summary>
    [Id(5)]
    public string? ActorName { get; init; }

    /// <summary>Why, in the actor's own words, or null when they said nothing.</summary>
    [Id(6)]
    public string? Comment { get; init; }

    /// <summary>The reason of the move that began it, or null where that is not known.</summary>
    [Id(7)]
    public PrimaryReason? Reason { get; init; }

    /// <summary>The id of the event that began it, or null where that is not known.</summary>
    [Id(8)]
    public string? EventId { get; init; }
}
