using System.Runtime.InteropServices;

namespace OrleansRegistry.Runtime.Native;

/// <summary>One call of <c>posix_spawn</c>, and the memory that it takes.</summary>
internal static class Spawn
{
    /// <summary>More than the C library's structures and a set of signals take (336, 80 and 128 bytes).</summary>
    private const int StructureBytes = 1024;

    /// <summary>Copies are made above the numbers that the child uses, so that none is overwritten before its turn.</summary>
    private const int CopiesFrom = 64;

    /// <summary>Starts a child in a session of its own, as a child of the calling thread.</summary>
    /// <returns>The number of the process.</returns>
    /// <exception cref="IOException">The operating system refuses.</exception>
    public static int Start(ChildCommand command)
    {
        using NativeMemoryBlocks memory = new();
        List<int> copies = [];
        var (attributes, actions, signals) = (memory.Zeroed(StructureBytes), memory.Zeroed(StructureBytes), memory.Zeroed(StructureBytes));
        Check(Posix.InitializeAttributes(attributes), command);
        Check(Posix.InitializeActions(actions), command);
        try
        {
            // The runtime ignores SIGPIPE and blocks others in its threads; both would be inherited.
            Check(Posix.EmptySignals(signals), command);
            Check(Posix.SetSignalMask(attributes, signals), command);
            Check(Posix.FillSignals(signals), command);
            Check(Posix.SetSignalDefaults(attributes, signals), command);
            Check(Posix.SetFlags(attributes, Posix.SpawnSetSession | Posix.SpawnSetSignalMask | Posix.SpawnSetSignalDefaults), command);
            foreach (var (number, handle) in command.Descriptors.Index())
            {
                var copy = Copy(handle, command);
                copies.Add(copy);
                Check(Posix.AddDuplicate(actions, copy, number), command);
            }

            Check(Posix.AddCloseFrom(actions, command.Descriptors.Count), command);
            Check(Posix.AddChangeDirectory(actions, memory.Text(command.Directory)), command);
            Check(
                Posix.Spawn(
                    out var process, memory.Text(command.Program), actions, attributes,
                    memory.Texts([command.Program, .. command.Arguments]), memory.Texts([])),
                command);
            return process;
        }
        finally
        {
            copies.ForEach(copy => _ = Posix.Close(copy));
            _ = Posix.DestroyActions(actions);
            _ = Posix.DestroyAttributes(attributes);
        }
    }

    private static int Copy(SafeHandle handle, ChildCommand command)
    {
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            var copy = Posix.Control((int)handle.DangerousGetHandle(), Posix.DuplicateCloseOnExec, CopiesFrom);
            Check(copy < 0 ? Marshal.GetLastPInvokeError() : 0, command);
            return copy;
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static void Check(int error, ChildCommand command)
    {
        if (error != 0)
        {
            throw new IOException($"{command.Program} can't be started: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    /// <summary>Memory that native code reads during one call.</summary>
    private sealed unsafe class NativeMemoryBlocks : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public nint Zeroed(int bytes)
        {
            var block = (nint)NativeMemory.AllocZeroed((nuint)bytes);
            _blocks.Add(block);
            return block;
        }

        public nint Text(string text)
        {
            var block = (nint)Utf8StringPointer(text);
            _blocks.Add(block);
            return block;
        }

        /// <summary>An array of pointers that a null ends.</summary>
        public nint Texts(IReadOnlyList<string> texts)
        {
            var block = Zeroed((texts.Count + 1) * sizeof(nint));
            for (var index = 0; index < texts.Count; index++)
            {
                ((nint*)block)[index] = Text(texts[index]);
            }

            return block;
        }

        public void Dispose() => _blocks.ForEach(block => NativeMemory.Free((void*)block));

        private static byte* Utf8StringPointer(string text)
        {
            var length = System.Text.Encoding.UTF8.GetByteCount(text);
            var block = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
            System.Text.Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
            return block;
        }
    }
}
