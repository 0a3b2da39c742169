namespace OrleansRegistry.Runtime;

/// <summary>Where a node keeps what, as far as its processes are concerned.</summary>
internal sealed record RunnerPlace
{
    /// <summary>The data directory, as a full path: no environment may show it to packages.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>
    /// A directory for sockets, as a full path. Nobody else uses it; the runner makes it (0700) and removes what a
    /// former node left in it. A socket's path has at most 100 bytes.
    /// </summary>
    public required string RunDirectory { get; init; }

    /// <summary>The directory of the ONNX server's program.</summary>
    public string OnnxServer { get; init; } = Path.Combine(AppContext.BaseDirectory, "onnx-server");

    /// <summary>Whether this machine's Python is an environment when none is named.</summary>
    public bool HasDefaultPython { get; init; }

    /// <summary>Whether the node is one of a cluster's, whose other nodes don't reach its processes.</summary>
    public bool IsInCluster { get; init; }

    /// <summary>Whether the node's server listens on loopback only, so that only users of this machine reach it.</summary>
    public bool IsOnLoopback { get; init; }
}
