using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansRegistry.Runtime.Native;

/// <summary>A pipe whose ends no child inherits unless it is handed one.</summary>
internal sealed class PipePair : IDisposable
{
    private bool _readerTaken;

    private PipePair(int reader, int writer)
    {
        Reader = new SafeFileHandle(reader, ownsHandle: true);
        Writer = new SafeFileHandle(writer, ownsHandle: true);
    }

    /// <summary>The end to read from.</summary>
    public SafeFileHandle Reader { get; }

    /// <summary>The end to write to.</summary>
    public SafeFileHandle Writer { get; }

    /// <summary>Makes a pipe.</summary>
    /// <exception cref="IOException">There are no descriptors left.</exception>
    public static PipePair Create()
    {
        Span<int> ends = stackalloc int[2];
        return Posix.Pipe(ends, Posix.CloseOnExec) == 0
            ? new PipePair(ends[0], ends[1])
            : throw new IOException($"A pipe can't be made: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>The end to read from, which from now on is another's to close.</summary>
    public SafeFileHandle TakeReader()
    {
        _readerTaken = true;
        return Reader;
    }

    /// <summary>Waits for bytes, and reads some; 0 is the end.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static int Read(SafeFileHandle reader, Span<byte> buffer)
    {
        nint read;
        while ((read = Posix.Read(reader, buffer, (nuint)buffer.Length)) < 0)
        {
            ThrowUnlessInterrupted();
        }

        return (int)read;
    }

    /// <summary>Waits for bytes no longer than that, and reads some; 0 is the end.</summary>
    /// <exception cref="IOException">It can't be read, or there was nothing to read.</exception>
    public static int Read(SafeFileHandle reader, Span<byte> buffer, TimeSpan timeout)
    {
        Posix.PollDescriptor wait = new() { Descriptor = (int)reader.DangerousGetHandle(), Events = Posix.PollIn };
        int ready;
        while ((ready = Posix.Poll(ref wait, 1, (int)timeout.TotalMilliseconds)) < 0)
        {
            ThrowUnlessInterrupted();
        }

        return ready > 0
            ? Read(reader, buffer)
            : throw new IOException($"Nothing came within {(int)timeout.TotalSeconds} s.");
    }

    /// <summary>Writes bytes that the pipe has room for.</summary>
    /// <exception cref="IOException">Nobody reads it any more.</exception>
    public static void Write(SafeFileHandle writer, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            while ((written = Posix.Write(writer, bytes, (nuint)bytes.Length)) < 0)
            {
                ThrowUnlessInterrupted();
            }

            bytes = bytes[(int)written..];
        }
    }

    public void Dispose()
    {
        if (!_readerTaken)
        {
            Reader.Dispose();
        }

        Writer.Dispose();
    }

    private static void ThrowUnlessInterrupted()
    {
        if (Marshal.GetLastPInvokeError() != Posix.Interrupted)
        {
            throw new IOException($"A pipe is broken: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }
}
