using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;

namespace OrleansRegistry.Runtime;

/// <summary>What keeps packages from what isn't theirs.</summary>
internal enum Isolation
{
    /// <summary>A sandbox (bubblewrap) around each process.</summary>
    Sandbox,

    /// <summary>The container that the node is in, which holds nothing else.</summary>
    Container,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Processes that serve versions.</summary>
internal sealed record RuntimeOptions
{
    /// <summary>
    /// The isolation of processes. `sandbox` puts each into a sandbox. `container` relies on the container around the
    /// node, which must hold nothing else; the node must run as root, and gives each process a user of its own. `none`
    /// isolates nothing, and is taken only where the server listens on loopback.
    /// </summary>
    public Isolation Isolation { get; init; }

    /// <summary>
    /// Paths of Python interpreters, by the names of their environments: `Registry__Runtime__Python__science` =
    /// `/opt/science/bin/python`.
    /// </summary>
    /// <value>`default`: on SQLite and loopback `/usr/bin/python3`, else `python3` of the `PATH`</value>
    public FrozenDictionary<string, string> Python { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The size of the log that is kept of each version; the oldest lines go first.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxLogBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>The time between the request to a process to end and its kill.</summary>
    [Range(1, 3600)]
    public int StopSeconds { get; init; } = 10;
}
