using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;
using OrleansRegistry.Processes;

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
    /// <summary>Whether this node runs packages. On PostgreSQL no node does yet.</summary>
    public bool Enabled { get; init; } = true;

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

    /// <summary>The memory that all processes may have together, each counted as its instance type says.</summary>
    /// <value>75 % of this machine's, or of the limit around the node</value>
    [Range(16, int.MaxValue)]
    public int? MemoryMiB { get; init; }

    /// <summary>The processors that all processes may have together, each counted as its instance type says.</summary>
    /// <value>they are not counted: processes share those of the machine</value>
    [Range(1, 4096)]
    public int? Cpus { get; init; }

    /// <summary>How many versions may have a process at once.</summary>
    [Range(1, 4096)]
    public int MaxProcesses { get; init; } = 16;
}

/// <summary>What an instance type gives the process of a version.</summary>
internal sealed record InstanceTypeOptions
{
    /// <summary>The memory of all its processes together, its files in `/tmp` included.</summary>
    [Range(16, int.MaxValue)]
    public int MemoryMiB { get; init; } = ProcessResources.Default.MemoryMiB;

    /// <summary>Its processors: it is bound to so many, which others may share.</summary>
    [Range(1, 4096)]
    public int Cpus { get; init; } = ProcessResources.Default.Cpus;

    /// <summary>How many processes and threads it may have.</summary>
    [Range(8, 65_536)]
    public int Processes { get; init; } = ProcessResources.Default.Processes;
}
