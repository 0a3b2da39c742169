using System.Runtime.InteropServices;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>
/// Holds a child back until everything around it ends with the node, and until the node is seen to be alive. A child
/// asks for its end with its parent's only after it was started: were the parent killed just before, nobody would end
/// it. Behind the gate it ends by itself, since the gate's pipe closes with the node.
/// </summary>
internal sealed class Gate : IDisposable
{
    /// <summary>The descriptors of a child behind a gate, in this order; the gate closes them.</summary>
    public const int FirstDescriptor = 6;

    private readonly PipePair _here = PipePair.Create();
    private readonly PipePair _go = PipePair.Create();

    /// <summary>How long a child has for each step on its way to the gate.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>What stands before the command.</summary>
    public static IEnumerable<string> Before { get; } =
    [
        SystemPrograms.Shell, "-c",
        $"echo >&{FirstDescriptor} && exec {FirstDescriptor}>&- && read -r go <&{FirstDescriptor + 1} && exec {FirstDescriptor + 1}<&- && exec \"$@\"",
        "gate",
    ];

    /// <summary>The child's ends.</summary>
    public IEnumerable<SafeHandle> Handles => [_here.Writer, _go.Reader];

    /// <summary>
    /// Waits until the child is at the gate, some milliseconds, and opens it. One that has ended is not waited for.
    /// </summary>
    /// <exception cref="IOException">It did not come in time.</exception>
    public void Open(TimeSpan timeout)
    {
        _here.Writer.Dispose();
        _go.Reader.Dispose();
        if (PipePair.Read(_here.Reader, new byte[1], timeout) > 0)
        {
            try
            {
                PipePair.Write(_go.Writer, "\n"u8);
            }
            catch (IOException)
            {
                // It has ended at the gate.
            }
        }
    }

    public void Dispose()
    {
        _here.Dispose();
        _go.Dispose();
    }
}
