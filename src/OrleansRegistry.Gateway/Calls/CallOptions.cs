namespace OrleansRegistry.Gateway;

/// <summary>How calls are forwarded.</summary>
internal sealed record CallOptions
{
    /// <summary>How long a connection to a model's server may take, in seconds, 1 to 300. Default 5.</summary>
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>How long a call may go without a byte in either direction, in seconds, 1 to 86,400. Default 100.</summary>
    public int ActivityTimeoutSeconds { get; init; } = 100;

    /// <summary>The longest body of a call, in bytes, at least 1. Default 1 GiB.</summary>
    public long MaxBodyBytes { get; init; } = 1L << 30;

    /// <summary>
    /// How much of a body is held in memory where the gateway has to read it, in bytes, 1 KiB to 1 GiB: until the <c>model</c> field of
    /// the OpenAI routes is found, and for the metadata of a model. Default 8 MiB.
    /// </summary>
    public int MaxBufferedBytes { get; init; } = 8 << 20;

    /// <summary>Whether there may be other gateways, whose calls a drain waits for too. Set by the node, not by a setting.</summary>
    public bool IsOneOfSeveral { get; init; }
}
