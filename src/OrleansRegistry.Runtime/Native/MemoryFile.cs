using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansRegistry.Runtime.Native;

/// <summary>A file in memory that a child reads to its end: unlike a pipe it has room for any text.</summary>
internal static class MemoryFile
{
    /// <summary>Makes one, to be read from its start.</summary>
    /// <exception cref="IOException">There are no descriptors left.</exception>
    public static SafeFileHandle Of(ReadOnlySpan<byte> bytes)
    {
        var descriptor = Posix.CreateMemoryFile("arguments", Posix.MemoryCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"A file in memory can't be made: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        SafeFileHandle file = new(descriptor, ownsHandle: true);
        // It writes at the start, and leaves the descriptor's own place there.
        RandomAccess.Write(file, bytes, 0);
        return file;
    }
}
