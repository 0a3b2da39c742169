using System.Net;

namespace OrleansRegistry.Gateway;

/// <summary>How much callers may ask of a gateway, so that others are served too. Each gateway counts for itself. 0 is any number, but where a least is named.</summary>
internal sealed record LimitOptions
{
    /// <summary>Requests a key, or a token's subject, may send in a second on average. Default 1,000.</summary>
    public int RequestsPerSecond { get; init; } = 1000;

    /// <summary>Requests of a key that may come at once, beyond the average; at least 1. Default 2,000.</summary>
    public int RequestBurst { get; init; } = 2000;

    /// <summary>Requests that all keys of a workspace may send in a second on average, and double that at once. Default 5,000.</summary>
    public int RequestsPerSecondPerWorkspace { get; init; } = 5000;

    /// <summary>Requests without a valid key that an address may send in a second on average, and five times that at once; health is not counted. Default 20.</summary>
    public int AnonymousRequestsPerSecond { get; init; } = 20;

    /// <summary>Keys that are looked up for an address in a second on average because the gateway doesn't know them, and four times that at once. Default 10.</summary>
    public int UnknownKeysPerSecond { get; init; } = 10;

    /// <summary>Calls of models that a key may have open. Default 1,000.</summary>
    public int OpenCallsPerKey { get; init; } = 1000;

    /// <summary>Calls of models that a workspace may have open. Default 4,000.</summary>
    public int OpenCallsPerWorkspace { get; init; } = 4000;

    /// <summary>Streams of events, and requests that wait for something, that a key may have open. Default 100.</summary>
    public int OpenStreamsPerKey { get; init; } = 100;

    /// <summary>Streams of events, and requests that wait for something, that a workspace may have open. Default 500.</summary>
    public int OpenStreamsPerWorkspace { get; init; } = 500;

    /// <summary>Commands that a key may have open. Default 64.</summary>
    public int OpenCommandsPerKey { get; init; } = 64;

    /// <summary>Keys of a workspace that are neither revoked nor expired. Default 1,000.</summary>
    public int KeysPerWorkspace { get; init; } = 1000;

    /// <summary>Calls of one model that may be open, at least 1. Default 1,000.</summary>
    public int OpenCallsPerModel { get; init; } = 1000;

    /// <summary>Connections, and calls of models, that may be open at the gateway, at least 1. Default 10,000.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections that an address may have open. Default 1,000.</summary>
    public int ConnectionsPerAddress { get; init; } = 1000;

    /// <summary>How long a new connection may stay without a byte, in seconds. Default 5.</summary>
    public int FirstByteTimeoutSeconds { get; init; } = 5;

    /// <summary>Proxies whose <c>X-Forwarded-For</c> is believed. Default none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The port of the listener that answers health only, or null for none.</summary>
    public int? HealthPort { get; init; }
}
