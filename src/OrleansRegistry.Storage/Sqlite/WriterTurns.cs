namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// Lets one writer through at a time. Workspaces that have writers waiting take turns, so that one with hundreds of
/// them keeps another one's writer waiting for the turn that runs, and for one of each other workspace that waits. The
/// writers of a workspace come in the order in which they asked.
/// </summary>
internal sealed class WriterTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);

    // The workspaces that have writers waiting, the next one first, without the one that has the turn.
    private readonly Queue<string> _order = new();

    // The workspace that has the turn, or null.
    private string? _current;

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
            if (_current is null)
            {
                _current = workspace;
                return;
            }

            if (!_waiting.TryGetValue(workspace, out var queue))
            {
                _waiting[workspace] = queue = new Queue<TaskCompletionSource>();
                if (workspace != _current)
                {
                    _order.Enqueue(workspace);
                }
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
            // Behind all that came while it had the turn.
            if (_waiting.ContainsKey(_current!))
            {
                _order.Enqueue(_current!);
            }

            _current = null;
            while (_current is null && _order.TryDequeue(out var workspace))
            {
                _current = HandOver(workspace) ? workspace : null;
            }
        }
    }

    /// <summary>Gives the turn to the first writer of a workspace who still waits; false when there is none.</summary>
    private bool HandOver(string workspace)
    {
        var queue = _waiting[workspace];
        var isTaken = false;
        while (!isTaken && queue.TryDequeue(out var next))
        {
            isTaken = next.TrySetResult();
        }

        if (queue.Count == 0)
        {
            _waiting.Remove(workspace);
        }

        return isTaken;
    }
}
