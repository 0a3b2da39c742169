using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>Reads a log in parts: what is there, and then what comes.</summary>
internal sealed class LogReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly IAsyncEnumerator<LogLine> _lines;
    private Task<bool>? _next;

    /// <summary>Reads the lines behind one.</summary>
    /// <param name="log">The log.</param>
    /// <param name="after">The number of a line. One that the log has not come to is of a log before: the reading begins with the oldest line.</param>
    public LogReader(IProcessLog log, long after)
    {
        var last = log.Tail(1) is [var line] ? line.Number : 0;
        _lines = log.Follow(after > last ? 0 : after, _end.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <summary>Completes with true when there is a line to read.</summary>
    public Task<bool> More => _next ??= _lines.MoveNextAsync().AsTask();

    /// <summary>The lines that are there.</summary>
    /// <param name="max">How many at most.</param>
    public List<LogLine> Read(int max)
    {
        List<LogLine> lines = [];
        while (lines.Count < max && More is { IsCompletedSuccessfully: true, Result: true })
        {
            lines.Add(_lines.Current);
            _next = null;
        }

        return lines;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_next is not null)
        {
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _lines.DisposeAsync();
        _end.Dispose();
    }
}
