namespace OrleansRegistry.Processes;

/// <summary>What an instance type gives a process.</summary>
/// <param name="MemoryMiB">Memory of all its processes together, its files in <c>/tmp</c> included.</param>
/// <param name="Cpus">Processors that it is bound to; others may share them.</param>
/// <param name="Processes">How many processes and threads it may have.</param>
internal sealed record ProcessResources(int MemoryMiB, int Cpus, int Processes)
{
    /// <summary>For a version without an instance type.</summary>
    public static ProcessResources Default { get; } = new(1024, 1, 64);

    /// <summary>The memory in bytes.</summary>
    public long MemoryBytes => MemoryMiB * 1024L * 1024;
}
