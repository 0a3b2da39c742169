namespace OrleansRegistry.Processes;

/// <summary>What a node still has for processes.</summary>
/// <param name="MemoryMiB">Memory.</param>
/// <param name="Cpus">Processors.</param>
/// <param name="Versions">How many more versions may have a process.</param>
internal sealed record NodeRoom(long MemoryMiB, int Cpus, int Versions)
{
    /// <summary>What is left when a version has taken its part; null when there is too little (rule X11).</summary>
    public NodeRoom? Take(ProcessResources resources) =>
        resources.MemoryMiB <= MemoryMiB && resources.Cpus <= Cpus && Versions > 0
            ? new NodeRoom(MemoryMiB - resources.MemoryMiB, Cpus - resources.Cpus, Versions - 1)
            : null;

    /// <summary>What there is when a version has given its part back.</summary>
    public NodeRoom Return(ProcessResources resources) => new(MemoryMiB + resources.MemoryMiB, Cpus + resources.Cpus, Versions + 1);
}
