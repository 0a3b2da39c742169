using System.Globalization;

namespace OrleansRegistry.ClusterTests;

/// <summary>Whose a TCP connection is, as Linux tells it.</summary>
internal static class Connections
{
    /// <summary>Whether a process has a connection between two ports of this machine.</summary>
    public static bool IsOf(int process, int from, int to)
    {
        var socket = Inode(from, to) is { } inode ? $"socket:[{inode}]" : null;
        return socket is not null && Directory.GetFiles($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/fd").Any(file => LinkOf(file) == socket);
    }

    private static string? Inode(int from, int to)
    {
        // Addresses are hexadecimal, address:port, the local one before the remote one; the inode is the tenth column.
        var (local, remote) = ($":{from:X4}", $":{to:X4}");
        return File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(columns => columns[1].EndsWith(local, StringComparison.Ordinal) && columns[2].EndsWith(remote, StringComparison.Ordinal))?[9];
    }

    private static string? LinkOf(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }
}
