using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>
/// A sandbox of bubblewrap: namespaces of its own for users, processes, files, network, IPC and names, no capabilities,
/// and read-only files but for a <c>/tmp</c> in memory.
/// </summary>
/// <remarks>
/// A node that is root gives each process another user, so that nothing in a sandbox has root's number, not even outside
/// its namespaces. That user can't open the directories above a package. So a step before makes the package reachable, in
/// a view of the files of its own. All steps are one process, one program after the other: the signal that ends a process
/// with its parent must be sent by the node itself, which may send it to other users.
/// </remarks>
internal sealed class Bubblewrap : ISandbox
{
    private const string PackageDirectory = "/package";
    private const string ScriptPath = "/registry/serve.py";

    /// <summary>A directory that every system has, and whose files no process needs.</summary>
    private const string ReachableDirectory = "/mnt";
    private const string ReachablePackage = $"{ReachableDirectory}/package";
    private const string ReachableScript = $"{ReachableDirectory}/serve.py";

    private const int ArgumentsDescriptor = 4;
    private const int InformationDescriptor = 5;

    private static readonly string[] Devices = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

    public IsolatedProcess Start(Launch launch, SafeHandle output, SafeHandle? socket)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        // Variables are nobody's to see in a list of processes.
        using var arguments = MemoryFile.Of(Encoding.UTF8.GetBytes(string.Concat(Inner(launch).Select(argument => argument + '\0'))));
        using var information = PipePair.Create();
        using Gate gate = new();
        string[] sandbox =
        [
            "--args", Text(ArgumentsDescriptor), "--",
            .. Gate.Before, .. ResourceLimits.Before(launch, countsProcesses: true), .. launch.Words(ScriptPath),
        ];
        var child = ChildThread.Start(new ChildCommand(
            launch.User is null ? SystemPrograms.Bubblewrap : SystemPrograms.OwnMounts,
            launch.User is { } user ? [.. AsUser(launch, user), SystemPrograms.Bubblewrap, .. sandbox] : sandbox,
            [nothing, output, output, socket ?? nothing, arguments, information.Writer, .. gate.Handles]));
        information.Writer.Dispose();
        try
        {
            SandboxedProcess process = new(child, SandboxInformation.ReadFirstProcess(information.Reader));
            gate.Open(Gate.Timeout);
            return process;
        }
        catch (IOException)
        {
            // Its sandbox ends with it.
            child.Signal(Posix.SigKill);
            throw;
        }
    }

    public string Remedy(string output) => SandboxRemedy.Of(output);

    /// <summary>The arguments of the sandbox itself.</summary>
    private static List<string> Inner(Launch launch)
    {
        List<string> arguments =
        [
            "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
            "--hostname", "sandbox", "--clearenv", "--info-fd", Text(InformationDescriptor),
            // Before the files, which may be below it.
            "--size", Text(launch.Resources.MemoryBytes), "--tmpfs", "/tmp",
            .. Files(launch),
            "--proc", "/proc", "--tmpfs", "/dev", .. Devices.SelectMany(device => (string[])["--dev-bind", device, device]),
            "--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/tmp", "/dev/shm", "--remount-ro", "/dev",
            "--chdir", launch.Package is null ? "/" : PackageDirectory, "--remount-ro", "/",
        ];
        foreach (var (name, value) in Contract.Variables(launch, launch.Package is null ? null : PackageDirectory))
        {
            arguments.AddRange(["--setenv", name, value]);
        }

        return arguments;
    }

    /// <summary>What makes package and script reachable for a user, and becomes that user. No secret is among it.</summary>
    private static IEnumerable<string> AsUser(Launch launch, int user) =>
    [
        "--mount", "--propagation", "private", "--",
        SystemPrograms.Shell, "-c",
        $"""
        set -e
        PATH=/usr/bin:/bin:/usr/sbin:/sbin
        mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev none {ReachableDirectory}
        if [ -n "$1" ]; then mkdir {ReachablePackage}; mount --bind "$1" {ReachablePackage}; fi
        if [ -n "$2" ]; then : >{ReachableScript}; mount --bind "$2" {ReachableScript}; fi
        shift 2
        exec "$@"
        """,
        "reach", launch.Package ?? "", launch.Script ?? "",
        SystemPrograms.SetPrivileges, $"--reuid={Text(user)}", $"--regid={Text(user)}", "--clear-groups", "--no-new-privs",
        "--inh-caps=-all", "--",
    ];

    /// <summary>The files of the operating system, of the environment and of the package.</summary>
    private static List<string> Files(Launch launch)
    {
        List<string> arguments = ["--ro-bind", "/usr", "/usr"];
        foreach (var directory in (string[])["/bin", "/sbin", "/lib", "/lib32", "/lib64"])
        {
            if (new DirectoryInfo(directory) is { LinkTarget: { } target })
            {
                arguments.AddRange(["--symlink", target, directory]);
            }
            else if (Directory.Exists(directory))
            {
                arguments.AddRange(["--ro-bind", directory, directory]);
            }
        }

        // Where libraries are found, and which of several is meant.
        foreach (var path in launch.Visible.Concat(((string[])["/etc/alternatives", "/etc/ld.so.cache"]).Where(Path.Exists)))
        {
            arguments.AddRange([.. Directories(path), "--ro-bind", path, path]);
        }

        foreach (var (path, reachable, seen) in new[]
        {
            (launch.Package, ReachablePackage, PackageDirectory), (launch.Script, ReachableScript, ScriptPath),
        })
        {
            if (path is not null)
            {
                arguments.AddRange([.. Directories(seen), "--ro-bind", launch.User is null ? path : reachable, seen]);
            }
        }

        return arguments;
    }

    /// <summary>Makes the directories above a path, open to everybody: bubblewrap itself makes them for their owner only.</summary>
    private static List<string> Directories(string path)
    {
        List<string> arguments = [];
        for (var above = Path.GetDirectoryName(path); above is not (null or "/"); above = Path.GetDirectoryName(above))
        {
            arguments.InsertRange(0, ["--dir", above]);
        }

        return arguments;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
