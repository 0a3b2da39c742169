using System.Text;
using Microsoft.Win32.SafeHandles;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>Runs a program to its end, and takes what it says.</summary>
internal static class Trial
{
    /// <summary>More than a list of a thousand packages takes.</summary>
    private const int MaxOutputBytes = 1024 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs a program in isolation.</summary>
    /// <returns>How it ended, and what it wrote.</returns>
    /// <exception cref="IOException">The operating system refuses to start it.</exception>
    public static async Task<(ChildEnd End, string Output)> Run(ISandbox sandbox, Launch launch, TimeProvider clock)
    {
        using var output = PipePair.Create();
        var process = sandbox.Start(launch, output.Writer, socket: null);
        return await Finish(process.Ended, process.Kill, output, clock);
    }

    /// <summary>Runs a program of the operator's as the node's user, without isolation.</summary>
    /// <returns>How it ended, and what it wrote.</returns>
    /// <exception cref="IOException">The operating system refuses to start it.</exception>
    public static async Task<(ChildEnd End, string Output)> RunTrusted(string program, string[] arguments, TimeProvider clock)
    {
        using var output = PipePair.Create();
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var child = ChildThread.Start(new ChildCommand(program, arguments, [nothing, output.Writer, output.Writer]));
        return await Finish(child.Ended, child.KillGroup, output, clock);
    }

    private static async Task<(ChildEnd End, string Output)> Finish(Task<ChildEnd> ended, Action kill, PipePair output, TimeProvider clock)
    {
        output.Writer.Dispose();
        var read = Task.Factory.StartNew(() => Read(output.Reader), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await ended.WaitAsync(Timeout, clock);
        }
        catch (TimeoutException)
        {
            kill();
        }

        return (await ended, await read);
    }

    private static string Read(SafeFileHandle reader)
    {
        using MemoryStream all = new();
        var buffer = new byte[16 * 1024];
        while (PipePair.Read(reader, buffer) is > 0 and var length)
        {
            all.Write(buffer, 0, (int)Math.Min(length, MaxOutputBytes - all.Length));
        }

        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }
}
