namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// Lets one writer through at a time. Workspaces that have writers waiting take turns, so that one with hundreds of
/// them keeps another one's writer waiting for a turn or two. The writers of a workspace come in the order in which
/// they asked.
/// </summary>
internal sealed class WriterTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);

    // The workspaces that have writers waiting, the next one first.
    private readonly Queue<string> _order = new();
    private bool _isTaken;

    /// <summary>Waits for a turn. Whoever got it must <see cref="Leave"/>.</summary>
    /// <param name="workspace">The workspace of the writer; empty for the registry's own.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">The turn did not come in time.</exception>
    public async Task Enter(string workspace, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_isTaken)
            {
                _isTaken = true;
                return;
            }

            if (!_waiting.TryGetValue(workspace, out var queue))
            {
                _waiting[workspace] = queue = new Queue<TaskCompletionSource>();
                _order.Enqueue(workspace);
            }

            queue.Enqueue(turn);
        }

        try
        {
            await turn.Task.WaitAsync(timeout, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!turn.TrySetCanceled(CancellationToken.None))
            {
                // The turn came just now: it goes to the next one.
                Leave();
            }

            throw;
        }
    }

    /// <summary>Gives the turn to the next writer who still waits.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            while (_order.TryDequeue(out var workspace))
            {
                var queue = _waiting[workspace];
                var next = queue.Dequeue();
                if (queue.Count == 0)
                {
                    _waiting.Remove(workspace);
                }
                else
                {
                    _order.Enqueue(workspace);
                }

                if (next.TrySetResult())
                {
                    return;
                }
            }

            _isTaken = false;
        }
    }
}
