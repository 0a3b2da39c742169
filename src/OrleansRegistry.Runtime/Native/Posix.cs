using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace OrleansRegistry.Runtime.Native;

/// <summary>
/// The functions of the C library (glibc 2.34 or later) by which children are started, waited for and ended.
/// </summary>
/// <remarks>
/// .NET's own <c>Process</c> hands down no descriptors, and starts children from whichever thread asks. A fork by hand
/// is no way in .NET: between fork and exec no managed code may run. <c>posix_spawn</c> does both in native code.
/// </remarks>
internal static partial class Posix
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    public const int WaitExited = 4;
    public const int WaitNoWait = 0x01000000;
    public const int WaitPid = 1;

    public const int ReadOnly = 0;
    public const int Directory = 0x10000;
    public const int CloseOnExec = 0x80000;

    /// <summary><c>memfd_create</c>: no child inherits it.</summary>
    public const uint MemoryCloseOnExec = 1;

    public const short PollIn = 1;

    /// <summary>The error of a call that a signal has interrupted.</summary>
    public const int Interrupted = 4;

    public const short SpawnSetSignalDefaults = 0x04;
    public const short SpawnSetSignalMask = 0x08;
    public const short SpawnSetSession = 0x80;

    /// <summary><c>fcntl</c>: a copy that a child doesn't inherit, numbered at least as the argument says.</summary>
    public const int DuplicateCloseOnExec = 1030;

    private const string Library = "libc";
    private const int OpenDescriptorOfProcess = 434;
    private const int SignalByDescriptor = 424;

    /// <summary>A descriptor of a process: unlike its number it is never another's.</summary>
    public static int OpenProcess(int process) => (int)SystemCall(OpenDescriptorOfProcess, process, 0, 0, 0);

    /// <summary>Signals a process by its descriptor; whether it was still there.</summary>
    public static bool SignalProcess(int descriptor, int signal) => SystemCall(SignalByDescriptor, descriptor, signal, 0, 0) == 0;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    public static partial int WaitId(int kind, int process, Span<byte> information, int options);

    [LibraryImport(Library, EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitForProcess(int process, out int status, int options);

    [LibraryImport(Library, EntryPoint = "getuid")]
    public static partial uint UserId();

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int descriptor, int command, int argument);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(Span<int> descriptors, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeHandle descriptor, Span<byte> buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeHandle descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(ref PollDescriptor descriptor, nuint count, int timeoutMilliseconds);

    /// <summary>
    /// Fills in 64-bit numbers: block size, fragment size, blocks, free blocks, available blocks, files, free files.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FileSystem(string path, Span<ulong> information);

    // All of the following return an error number instead of setting errno.

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    public static partial int Spawn(out int process, nint path, nint actions, nint attributes, nint arguments, nint environment);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    public static partial int InitializeAttributes(nint attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(nint attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(nint attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(nint attributes, nint signals);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetSignalDefaults(nint attributes, nint signals);

    [LibraryImport(Library, EntryPoint = "sigemptyset")]
    public static partial int EmptySignals(nint signals);

    [LibraryImport(Library, EntryPoint = "sigfillset")]
    public static partial int FillSignals(nint signals);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitializeActions(nint actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(nint actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(nint actions, int from, int to);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    public static partial int AddCloseFrom(nint actions, int from);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    public static partial int AddChangeDirectory(nint actions, nint path);

    /// <summary>What <see cref="Poll"/> waits for.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
