using System.Buffers.Binary;
using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace OrleansRegistry.Host;

/// <summary>Says which files other users of the machine can read. Only Linux is asked.</summary>
internal static partial class FileReaders
{
    private const UnixFileMode OthersRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode GroupReads = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private static readonly Lazy<IReadOnlyCollection<uint>> OwnGroups = new(ReadGroups);

    /// <summary>Whether somebody beside the owner and the process's own groups can read or change a file.</summary>
    public static bool AreOthers(string file) =>
        OperatingSystem.IsLinux() && Read(file) is var (mode, group) && AreOthers(mode, group, OwnGroups.Value);

    /// <summary>The same, for what the system says of a file.</summary>
    /// <param name="mode">The file's mode.</param>
    /// <param name="group">The file's group.</param>
    /// <param name="own">The groups of the process.</param>
    public static bool AreOthers(UnixFileMode mode, uint group, IReadOnlyCollection<uint> own) =>
        (mode & OthersRead) != 0 || ((mode & GroupReads) != 0 && !own.Contains(group));

    /// <summary>Whether somebody beside the owner and the process's own groups can look into a directory.</summary>
    public static bool IsOpen(string directory)
    {
        const UnixFileMode groupEnters = UnixFileMode.GroupExecute;
        return OperatingSystem.IsLinux() && Read(directory) is var (mode, group)
            && ((mode & UnixFileMode.OtherExecute) != 0 || ((mode & groupEnters) != 0 && !OwnGroups.Value.Contains(group)));
    }

    /// <summary>The mode and the group of what is there, behind links; null where the system doesn't say.</summary>
    private static (UnixFileMode Mode, uint Group)? Read(string path)
    {
        const int currentDirectory = -100;
        const uint modeAndGroup = 0x12;
        const int groupAt = 24, modeAt = 28;
        Span<byte> found = stackalloc byte[256];
        return GetStatus(currentDirectory, path, flags: 0, modeAndGroup, found) == 0
            ? ((UnixFileMode)(BinaryPrimitives.ReadUInt16LittleEndian(found[modeAt..]) & 0xFFF), BinaryPrimitives.ReadUInt32LittleEndian(found[groupAt..]))
            : null;
    }

    private static uint[] ReadGroups()
    {
        const int most = 65_536;
        var groups = new uint[most];
        var count = Math.Max(0, GetGroups(most, groups));
        return [GetGroup(), .. groups.AsSpan(0, count)];
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetStatus(int directory, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "getgroups")]
    private static partial int GetGroups(int size, Span<uint> groups);

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetGroup();
}
