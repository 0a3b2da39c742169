using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Versions;

/// <summary>Lets so many processes start at once, those of primaries first (rule X4).</summary>
/// <param name="count">How many.</param>
internal sealed class StartTurns(int count)
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource<IDisposable>, (bool IsLater, long Number)> _waiting = new();
    private int _free = count;
    private long _number;

    /// <summary>Waits for a turn. Disposing of it ends it; doing so again changes nothing.</summary>
    /// <param name="isPrimary">Whether it is the start of a primary.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IDisposable> Enter(bool isPrimary, CancellationToken cancellationToken)
    {
        TaskCompletionSource<IDisposable> waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Enqueue(waiting, (!isPrimary, _number++));
        }

        await using (cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken)))
        {
            Give();
            return await waiting.Task;
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Who has waited disposes of it.")]
    private void Give()
    {
        lock (_lock)
        {
            while (_free > 0 && _waiting.TryDequeue(out var next, out _))
            {
                // One that was cancelled takes none.
                if (next.TrySetResult(new Turn(this)))
                {
                    _free--;
                }
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _free++;
        }

        Give();
    }

    private sealed class Turn(StartTurns turns) : IDisposable
    {
        private StartTurns? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.End();
    }
}
