using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>A program that runs in isolation, and all that it has started.</summary>
internal abstract class IsolatedProcess
{
    /// <summary>Completes when the program has ended and all its processes with it.</summary>
    public abstract Task<ChildEnd> Ended { get; }

    /// <summary>Asks the program to end (SIGTERM); false when it isn't there, not yet or no more.</summary>
    public abstract bool Terminate();

    /// <summary>Kills all its processes.</summary>
    public abstract void Kill();

    /// <summary>The memory of its processes, in bytes.</summary>
    public abstract long MemoryBytes();
}
