namespace OrleansRegistry.Gateway;

/// <summary>How much one caller may ask of a gateway, so that others are served too. Each gateway counts for itself.</summary>
public sealed record LimitOptions
{
    /// <summary>Requests a key, or a token's subject, may send in a second on average; 0 for any number. Default 1,000.</summary>
    public int RequestsPerSecond { get; init; } = 1000;

    /// <summary>Requests that may come at once, beyond the average. Default 2,000.</summary>
    public int RequestBurst { get; init; } = 2000;

    /// <summary>Connections that callers may have open; more are closed as they come. Default 10,000.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Calls of one model that may be open at a time. Default 1,000.</summary>
    public int ConcurrentInvocationsPerModel { get; init; } = 1000;
}
