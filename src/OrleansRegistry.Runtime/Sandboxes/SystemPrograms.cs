namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>Programs of the operating system by which processes are isolated. Each is where the system keeps it, whatever the <c>PATH</c> says.</summary>
internal static class SystemPrograms
{
    private static readonly string[] Directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    public static string Bubblewrap { get; } = Find("bwrap");

    public static string SetPrivileges { get; } = Find("setpriv");

    public static string OwnMounts { get; } = Find("unshare");

    public static string LimitResources { get; } = Find("prlimit");

    public static string SetProcessors { get; } = Find("taskset");

    public static string SetVariables { get; } = Find("env");

    public static string Shell { get; } = Find("sh");

    public static string DoNothing { get; } = Find("true");

    /// <summary>The packages of Debian and others that bring one.</summary>
    public static string Package(string program) => program == Bubblewrap ? "bubblewrap" : "util-linux";

    private static string Find(string name) =>
        Directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists) ?? Path.Combine(Directories[0], name);
}
