using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>A program in a sandbox of bubblewrap.</summary>
internal sealed class SandboxedProcess : IsolatedProcess
{
    /// <summary>The number of the program in its sandbox, where bubblewrap itself is 1.</summary>
    private const int ProgramId = 2;

    /// <summary>Bubblewrap's exit code is the program's, or this and the number of the signal that ended it.</summary>
    private const int SignalBase = 128;

    private const int MaxSignal = 64;

    /// <summary>More than the structure of <c>statvfs</c> has.</summary>
    private const int InformationWords = 32;

    /// <summary>What the kernel keeps of each file.</summary>
    private const ulong BytesOfFile = 1024;

    /// <summary>The kernel needs milliseconds to end what it has killed.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _turn = new();
    private readonly Child _child;
    private readonly int? _firstId;
    private readonly ProcessHandle? _first;

    /// <summary>Takes over a sandbox.</summary>
    /// <param name="child">The process that was started.</param>
    /// <param name="firstId">The sandbox's first process, or null where there came to be no sandbox.</param>
    public SandboxedProcess(Child child, int? firstId)
    {
        _child = child;
        _first = firstId is { } id ? ProcessHandle.Open(id) : null;
        // The number could have become another's before it was opened; a child's child is none of another's.
        if (_first is not null && !ProcessTree.Of(child.Id).Contains(firstId!.Value))
        {
            _first.Dispose();
            _first = null;
        }

        _firstId = _first is null ? null : firstId;
        Ended = Wait();
    }

    public override Task<ChildEnd> Ended { get; }

    public override bool Terminate()
    {
        var told = false;
        foreach (var id in _firstId is { } first ? ProcessTree.Children(first) : [])
        {
            using var program = ProcessHandle.Open(id);
            if (program is not null && ProcessTree.InnermostId(id) == ProgramId && ProcessTree.Children(_firstId!.Value).Contains(id))
            {
                program.Signal(Posix.SigTerm);
                told = true;
            }
        }

        return told;
    }

    public override void Kill()
    {
        lock (_turn)
        {
            // Its descriptor may be another's once it is closed.
            if (_first is { IsClosed: false })
            {
                _first.Signal(Posix.SigKill);
            }
        }

        _child.Signal(Posix.SigKill);
    }

    public override long MemoryBytes() =>
        _firstId is { } first ? ProcessTree.Of(first).Sum(ProcessTree.MemoryBytes) + FilesBytes(first) : 0;

    private async Task<ChildEnd> Wait()
    {
        var end = await _child.Ended;
        if (_first is not null)
        {
            // The program has ended; what it has started ends with the sandbox.
            _first.Signal(Posix.SigKill);
            _ = _first.WaitForEnd(EndTimeout);
            lock (_turn)
            {
                _first.Dispose();
            }
        }

        return end.ExitCode is > SignalBase and <= SignalBase + MaxSignal and { } code ? new ChildEnd(null, code - SignalBase) : end;
    }

    /// <summary>What the sandbox's <c>/tmp</c> takes: no process's memory, and yet memory. An empty file takes some, too.</summary>
    private static long FilesBytes(int first)
    {
        Span<ulong> information = stackalloc ulong[InformationWords];
        information.Clear();
        // It fails where the sandbox ends just now, or has not come so far.
        return Posix.FileSystem($"/proc/{first}/root/tmp", information) == 0
            ? (long)(((information[2] - information[3]) * information[1]) + ((information[5] - information[6]) * BytesOfFile))
            : 0;
    }
}
