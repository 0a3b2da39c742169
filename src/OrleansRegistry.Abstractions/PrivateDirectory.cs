namespace OrleansRegistry;

/// <summary>Directories that only the user who runs a node can look into: rows, keys and secrets are in them.</summary>
internal static class PrivateDirectory
{
    /// <summary>Makes a directory when it is not there. One that is there keeps its mode.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
