using Microsoft.Win32.SafeHandles;

namespace OrleansRegistry.Runtime.Native;

/// <summary>Holds on to a process that is no child of this one, such as a sandbox's first: its number may become another's, this doesn't.</summary>
internal sealed class ProcessHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private ProcessHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens a process; null when it isn't there.</summary>
    public static ProcessHandle? Open(int process)
    {
        var descriptor = Posix.OpenProcess(process);
        return descriptor < 0 ? null : new ProcessHandle(descriptor);
    }

    /// <summary>Sends a signal, unless it has ended.</summary>
    public void Signal(int signal) => _ = Posix.SignalProcess((int)handle, signal);

    /// <summary>Whether it has ended, or ends within that time.</summary>
    public bool WaitForEnd(TimeSpan timeout)
    {
        Posix.PollDescriptor wait = new() { Descriptor = (int)handle, Events = Posix.PollIn };
        return Posix.Poll(ref wait, 1, (int)timeout.TotalMilliseconds) > 0;
    }

    protected override bool ReleaseHandle() => Posix.Close((int)handle) == 0;
}
