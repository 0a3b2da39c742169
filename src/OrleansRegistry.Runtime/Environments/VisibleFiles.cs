namespace OrleansRegistry.Runtime.Environments;

/// <summary>What an environment may show to packages.</summary>
internal static class VisibleFiles
{
    private const UnixFileMode Look = UnixFileMode.OtherExecute;
    private const UnixFileMode Read = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Why a directory can't be shown to packages, or null.</summary>
    /// <param name="directory">Its full path.</param>
    /// <param name="secret">The directory that is never shown: the node's data.</param>
    /// <param name="otherUser">Whether packages run as another user than the node.</param>
    public static OffReason? Refusal(string directory, string secret, bool otherUser)
    {
        if (IsBelow(directory, secret) || IsBelow(secret, directory))
        {
            return new OffReason(
                "Its files and the node's data are one in the other.",
                $"{directory} and the data directory are one in the other; use a Python elsewhere.");
        }

        if (otherUser && Closed(directory) is { } closed)
        {
            return new OffReason(
                "Its files are closed to the user that packages run as.",
                $"{closed} is closed to other users, and packages run as one; use a Python elsewhere, or open it.");
        }

        return null;
    }

    /// <summary>Whether a path is a directory or below it.</summary>
    public static bool IsBelow(string path, string directory) =>
        path == directory || directory == "/" || path.StartsWith(directory + '/', StringComparison.Ordinal);

    private static string? Closed(string directory)
    {
        if (!File.GetUnixFileMode(directory).HasFlag(Read))
        {
            return directory;
        }

        for (var above = Path.GetDirectoryName(directory); above is not null; above = Path.GetDirectoryName(above))
        {
            if (!File.GetUnixFileMode(above).HasFlag(Look))
            {
                return above;
            }
        }

        return null;
    }
}
