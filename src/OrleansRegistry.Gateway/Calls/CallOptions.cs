using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace OrleansRegistry.Gateway;

/// <summary>How calls are forwarded. Properties are settings.</summary>
internal sealed record CallOptions
{
    /// <summary>The longest time that a connection to a model's server may take.</summary>
    [Range(1, 300)]
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>The longest time that a call may go without a byte in either direction.</summary>
    [Range(1, 86_400)]
    public int ActivityTimeoutSeconds { get; init; } = 100;

    /// <summary>
    /// How long calls may go on that were let through before their version was deactivated or deleted; then they are
    /// ended, and its process is stopped.
    /// </summary>
    [Range(1, 86_400)]
    public int GraceSeconds { get; init; } = 300;

    /// <summary>The longest body of a call.</summary>
    [Range(1, 1L << 50)]
    public long MaxBodyBytes { get; init; } = 1L << 30;

    /// <summary>
    /// The part of a body that is held in memory where the gateway reads it: for the <c>model</c> field of OpenAI's
    /// routes, and for a model's metadata. What is in front of the field beyond it waits in <c>SpoolDirectory</c>.
    /// </summary>
    [Range(1024, 1 << 30)]
    public int MaxBufferedBytes { get; init; } = 8 << 20;

    /// <summary>
    /// Where bodies wait that name their model late: what is beyond <c>MaxBufferedBytes</c> in front of it, at most 1 GiB
    /// at a time, a quarter of it for a workspace. The files have no name, and end with the process. By default it is the
    /// system's directory for temporary files.
    /// </summary>
    public string? SpoolDirectory { get; init; }

    /// <summary>How many bytes may wait there. The node sets it.</summary>
    [Browsable(false)]
    public long SpoolBytes { get; init; } = 1L << 30;

    /// <summary>How many bytes of its disk stay free. The node sets it.</summary>
    [Browsable(false)]
    public long MinFreeBytes { get; init; }

    /// <summary>The origins of pages that may call models from a browser.</summary>
    [Browsable(false)]
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Whether there may be other gateways, whose calls a drain waits for too. The node sets it.</summary>
    [Browsable(false)]
    public bool IsOneOfSeveral { get; init; }
}
