namespace OrleansRegistry.Testing;

/// <summary>Where the files of the repository are.</summary>
public static class RepositoryRoot
{
    /// <summary>Its root, found upwards from the program.</summary>
    public static string Directory { get; } = Find();

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OrleansRegistry.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }
}
