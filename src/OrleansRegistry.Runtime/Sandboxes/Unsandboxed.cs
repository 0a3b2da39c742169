using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>
/// No sandbox: isolation <c>container</c> or <c>none</c>. A process ends with the node; what it has started ends with it
/// as far as it stays in its session.
/// </summary>
internal sealed class Unsandboxed : ISandbox
{
    private const int PackageDescriptor = 4;
    private const int ScriptDescriptor = 5;

    public IsolatedProcess Start(Launch launch, SafeHandle output, SafeHandle? socket)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var package = Open(launch.Package ?? "/", Posix.Directory);
        using var script = Open(launch.Script ?? "/dev/null", 0);
        // A user of its own can't open the directories above package and script; by a descriptor it need not.
        var otherUser = launch.User is not null;
        var path = launch.Package is null || !otherUser ? launch.Package : $"/proc/self/fd/{PackageDescriptor}";
        var scriptPath = launch.Script is null || otherUser ? $"/proc/self/fd/{ScriptDescriptor}" : launch.Script;
        using Gate gate = new();
        var child = ChildThread.Start(new ChildCommand(
            SystemPrograms.SetPrivileges,
            [
                .. Privileges(launch.User), "--pdeathsig=KILL", "--no-new-privs", "--", .. Gate.Before,
                .. ResourceLimits.Before(launch, countsProcesses: otherUser),
                // Behind the change of the user, so that no variable acts on it.
                SystemPrograms.SetVariables, "-i", .. Contract.Variables(launch, path).Select(variable => $"{variable.Name}={variable.Value}"),
                .. launch.Words(scriptPath),
            ],
            [nothing, output, output, socket ?? nothing, package, script, .. gate.Handles],
            launch.Package ?? "/"));
        try
        {
            gate.Open(Gate.Timeout);
        }
        catch (IOException)
        {
            child.KillGroup();
            throw;
        }

        return new UnsandboxedProcess(child);
    }

    public string Remedy(string output) => "See what it said.";

    private static IEnumerable<string> Privileges(int? user)
    {
        if (user is { } number)
        {
            var text = number.ToString(CultureInfo.InvariantCulture);
            return [$"--reuid={text}", $"--regid={text}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];
        }

        return [];
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        var descriptor = Posix.Open(path, Posix.ReadOnly | Posix.CloseOnExec | flags);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"{path} can't be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
    }
}

/// <summary>A program without a sandbox.</summary>
internal sealed class UnsandboxedProcess(Child child) : IsolatedProcess
{
    public override Task<ChildEnd> Ended => child.Ended;

    public override bool Terminate()
    {
        child.Signal(Posix.SigTerm);
        return true;
    }

    public override void Kill() => child.KillGroup();

    public override long MemoryBytes() => ProcessTree.Of(child.Id).Sum(ProcessTree.MemoryBytes);
}
