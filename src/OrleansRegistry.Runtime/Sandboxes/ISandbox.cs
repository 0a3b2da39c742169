using System.Runtime.InteropServices;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>A way to isolate processes.</summary>
internal interface ISandbox
{
    /// <summary>Starts a program.</summary>
    /// <param name="launch">What to start.</param>
    /// <param name="output">Takes its stdout and stderr.</param>
    /// <param name="socket">Becomes its descriptor <see cref="Contract.SocketDescriptor"/>; null for a program without one.</param>
    /// <exception cref="IOException">The operating system refuses.</exception>
    IsolatedProcess Start(Launch launch, SafeHandle output, SafeHandle? socket);

    /// <summary>What to do when this machine can't isolate in this way, given what it said.</summary>
    string Remedy(string output);
}
