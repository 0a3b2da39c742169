using System.Runtime.InteropServices;

namespace OrleansRegistry.Runtime.Native;

/// <summary>A child of this process, from its start until it has been waited for.</summary>
internal sealed class Child
{
    private const int InformationBytes = 128;
    private const int WaiterStackBytes = 256 * 1024;

    private readonly Lock _turn = new();
    private readonly TaskCompletionSource<ChildEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _gone;

    /// <summary>Begins to wait for it.</summary>
    /// <param name="id">The number of the process.</param>
    public Child(int id)
    {
        Id = id;
        new Thread(Wait, WaiterStackBytes) { IsBackground = true, Name = $"Waits for child {id}" }.Start();
    }

    /// <summary>The number of the process. It is no other's until <see cref="Ended"/> completes.</summary>
    public int Id { get; }

    /// <summary>Completes when it has ended.</summary>
    public Task<ChildEnd> Ended => _ended.Task;

    /// <summary>Sends a signal, unless it has ended.</summary>
    public void Signal(int signal)
    {
        lock (_turn)
        {
            if (!_gone)
            {
                _ = Posix.Kill(Id, signal);
            }
        }
    }

    /// <summary>Kills it and all that is still in its group, which has its number.</summary>
    public void KillGroup()
    {
        lock (_turn)
        {
            if (!_gone)
            {
                _ = Posix.Kill(-Id, Posix.SigKill);
            }
        }
    }

    private void Wait()
    {
        // It is looked at first and taken away under the lock, so that its number is never signalled as another's.
        while (Posix.WaitId(Posix.WaitPid, Id, new byte[InformationBytes], Posix.WaitExited | Posix.WaitNoWait) != 0
            && Marshal.GetLastPInvokeError() == Posix.Interrupted)
        {
        }

        int status;
        lock (_turn)
        {
            // What it has left behind in its group goes with it: the number is still taken.
            _ = Posix.Kill(-Id, Posix.SigKill);
            _gone = true;
            if (Posix.WaitForProcess(Id, out status, 0) != Id)
            {
                status = -1;
            }
        }

        _ended.SetResult(ChildEnd.Of(status));
    }
}

/// <summary>How a child ended: by an exit code, or by a signal; neither where the system did not say.</summary>
internal readonly record struct ChildEnd(int? ExitCode, int? Signal)
{
    /// <summary>Reads the status of <c>waitpid</c>; -1 stands for none.</summary>
    public static ChildEnd Of(int status) =>
        status == -1 ? default
        : (status & 0x7f) == 0 ? new ChildEnd((status >> 8) & 0xff, null)
        : new ChildEnd(null, status & 0x7f);
}
