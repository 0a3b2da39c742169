using Microsoft.Win32.SafeHandles;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Logs;

/// <summary>Moves what a process writes into its log, in a thread of its own.</summary>
internal sealed class LogPump
{
    /// <summary>A process whose lines take more room in a second waits.</summary>
    public const int MaxRoomPerSecond = 16 * 1024 * 1024;

    private const int BufferBytes = 64 * 1024;

    /// <summary>More than the largest pipe has when its process ends: what comes later is another's, which lives on.</summary>
    private const int MaxLastReads = 32;

    private const int StackBytes = 256 * 1024;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly SafeFileHandle _reader;
    private readonly ProcessLog _log;
    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;

    /// <summary>Begins to read.</summary>
    /// <param name="reader">The end of the pipe to read from; the pump closes it.</param>
    /// <param name="log">Takes what is read.</param>
    /// <param name="clock">Measures how much is read in a while.</param>
    public LogPump(SafeFileHandle reader, ProcessLog log, TimeProvider clock)
    {
        (_reader, _log, _clock) = (reader, log, clock);
        new Thread(Run, StackBytes) { IsBackground = true, Name = "Reads a log" }.Start();
    }

    /// <summary>Reads what is there still, and ends. A process that holds the pipe longer is not waited for.</summary>
    public Task End()
    {
        _stopping = true;
        return _ended.Task;
    }

    private void Run()
    {
        var buffer = new byte[BufferBytes];
        var begun = _clock.GetTimestamp();
        var taken = 0L;
        var lastReads = 0;
        Posix.PollDescriptor wait = new() { Descriptor = (int)_reader.DangerousGetHandle(), Events = Posix.PollIn };
        while (true)
        {
            if (Posix.Poll(ref wait, 1, (int)LookInterval.TotalMilliseconds) > 0)
            {
                var length = PipePair.Read(_reader, buffer);
                if (length == 0 || (_stopping && ++lastReads > MaxLastReads))
                {
                    break;
                }

                taken += _log.Append(buffer.AsSpan(0, length));
            }
            else if (_stopping)
            {
                break;
            }

            var elapsed = _clock.GetElapsedTime(begun);
            if (elapsed > LookInterval)
            {
                (begun, taken) = (_clock.GetTimestamp(), 0);
            }
            else if (taken > MaxRoomPerSecond * LookInterval.TotalSeconds && !_stopping)
            {
                Posix.PollDescriptor nothing = new() { Descriptor = -1 };
                _ = Posix.Poll(ref nothing, 1, (int)(LookInterval - elapsed).TotalMilliseconds + 1);
            }
        }

        _log.End();
        _reader.Dispose();
        _ended.SetResult();
    }
}
