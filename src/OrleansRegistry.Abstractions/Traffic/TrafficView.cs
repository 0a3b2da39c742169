namespace OrleansRegistry;

/// <summary>Whether a version is in use.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.TrafficView")]
public sealed record TrafficView
{
    /// <summary>The number of calls that were admitted to it.</summary>
    [Id(0)]
    public long Calls { get; init; }

    /// <summary>The number of calls that failed: the model's server answered 5xx, or could not be asked.</summary>
    [Id(1)]
    public long Errors { get; init; }

    /// <summary>The instant at which the last one was admitted, or null when there was none.</summary>
    [Id(2)]
    public DateTimeOffset? LastCallAt { get; init; }

    /// <summary>The number of calls that were admitted in the last minute.</summary>
    [Id(3)]
    public long LastMinute { get; init; }

    /// <summary>The number of in-flight calls.</summary>
    [Id(4)]
    public int InFlight { get; init; }
}
