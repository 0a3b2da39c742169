using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;

namespace OrleansRegistry.Gateway;

/// <summary>
/// How much callers may ask of a gateway, so that others are served too. Each gateway counts for itself. Properties are
/// settings.
/// </summary>
internal sealed record LimitOptions
{
    private const int Max = 1_000_000;

    /// <summary>Requests that a key, or a token's subject, may send on average. 0 is no limit.</summary>
    [Range(0, Max)]
    public int RequestsPerSecond { get; init; } = 1000;

    /// <summary>Requests of a key that may come at once, beyond the average.</summary>
    [Range(1, 10 * Max)]
    public int RequestBurst { get; init; } = 2000;

    /// <summary>
    /// Requests that all keys of a workspace may send on average, and double that at once. 0 is no limit.
    /// </summary>
    [Range(0, Max)]
    public int RequestsPerSecondPerWorkspace { get; init; } = 5000;

    /// <summary>
    /// Requests without a valid key that an address may send on average, and five times that at once. Health is not
    /// counted. 0 is no limit.
    /// </summary>
    [Range(0, Max)]
    public int AnonymousRequestsPerSecond { get; init; } = 20;

    /// <summary>
    /// Keys new to the gateway that it looks up for an address on average, and four times that at once. 0 is no limit.
    /// </summary>
    [Range(0, Max)]
    public int UnknownKeysPerSecond { get; init; } = 10;

    /// <summary>Calls of models that a key may have open. 0 is no limit.</summary>
    [Range(0, Max)]
    public int OpenCallsPerKey { get; init; } = 1000;

    /// <summary>Calls of models that a workspace may have open. 0 is no limit.</summary>
    [Range(0, Max)]
    public int OpenCallsPerWorkspace { get; init; } = 4000;

    /// <summary>
    /// Streams of events, and requests that wait (<c>wait</c>, <c>drain_seconds</c>), that a key may have open. 0 is no
    /// limit.
    /// </summary>
    [Range(0, Max)]
    public int OpenStreamsPerKey { get; init; } = 100;

    /// <summary>Streams of events, and requests that wait, that a workspace may have open. 0 is no limit.</summary>
    [Range(0, Max)]
    public int OpenStreamsPerWorkspace { get; init; } = 500;

    /// <summary>
    /// Requests that upload files, or lists of them, that a workspace may have open. 0 is no limit.
    /// </summary>
    [Range(0, Max)]
    public int OpenUploadsPerWorkspace { get; init; } = 16;

    /// <summary>Commands that a key may have open. 0 is no limit.</summary>
    [Range(0, Max)]
    public int OpenCommandsPerKey { get; init; } = 64;

    /// <summary>Keys of a workspace that are neither revoked nor expired. 0 is no limit.</summary>
    [Range(0, Max)]
    public int KeysPerWorkspace { get; init; } = 1000;

    /// <summary>Calls of one model that may be open.</summary>
    [Range(1, Max)]
    public int OpenCallsPerModel { get; init; } = 1000;

    /// <summary>
    /// Connections, and calls of models, that may be open at the gateway. The file handles of the process may allow
    /// fewer.
    /// </summary>
    [Range(1, Max)]
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections that an address may have open. 0 is no limit.</summary>
    [Range(0, Max)]
    public int ConnectionsPerAddress { get; init; } = 1000;

    /// <summary>The longest time that a new connection may stay without a byte. 0 is no limit.</summary>
    [Range(0, 3600)]
    public int FirstByteTimeoutSeconds { get; init; } = 5;

    /// <summary>Proxies whose <c>X-Forwarded-For</c> is believed. Default none.</summary>
    [Browsable(false)]
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The port of the listener that answers health only, or null for none.</summary>
    [Browsable(false)]
    public int? HealthPort { get; init; }
}
