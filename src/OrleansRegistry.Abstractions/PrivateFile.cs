namespace OrleansRegistry;

/// <summary>Files that only the user who runs a node can read, from their first byte on.</summary>
internal static class PrivateFile
{
    /// <summary>Opens a file. One that is there already keeps its mode.</summary>
    /// <exception cref="IOException">It can't be made or opened.</exception>
    public static FileStream Open(string file, FileMode mode, FileAccess access, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(file, options);
    }
}
