using System.Runtime.CompilerServices;
using System.Text;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Runtime.Logs;

/// <summary>
/// A ring of lines (rule X9). The oldest go when there is no more room. Numbers go on from the microsecond in which the
/// log was made, and no log has a line for each microsecond. So the next log of the version, on whichever node, has
/// higher ones, and whoever reads on behind a line of this log misses nothing.
/// </summary>
/// <param name="maxBytes">The room. Each line takes a little beside its text.</param>
/// <param name="clock">Tells when a line was read.</param>
internal sealed class ProcessLog(int maxBytes, TimeProvider clock) : IProcessLog
{
    /// <summary>A longer line is cut into several.</summary>
    public const int MaxLineBytes = 16 * 1024;

    /// <summary>What an empty line takes, so that many of them are no way to more memory.</summary>
    private const int LineOverhead = 64;

    private readonly Lock _turn = new();
    private readonly List<StoredLine> _lines = [];
    private int _gone;
    private readonly List<byte> _open = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private long _last = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Takes what a process has written.</summary>
    /// <returns>The room that it took.</returns>
    public long Append(ReadOnlySpan<byte> written)
    {
        lock (_turn)
        {
            var before = _last;
            var length = written.Length;
            while (!written.IsEmpty)
            {
                var end = written.IndexOf((byte)'\n');
                var part = end < 0 ? written : written[..end];
                part = part[..Math.Min(part.Length, MaxLineBytes - _open.Count)];
                _open.AddRange(part);
                var ends = part.Length == end;
                if (ends || _open.Count == MaxLineBytes)
                {
                    CloseLine();
                }

                written = written[(part.Length + (ends ? 1 : 0))..];
            }

            Tell(before);
            return length + ((_last - before) * LineOverhead);
        }
    }

    /// <summary>Ends a line that was begun, as the process that wrote it has.</summary>
    public void End()
    {
        lock (_turn)
        {
            var before = _last;
            if (_open.Count > 0)
            {
                CloseLine();
            }

            Tell(before);
        }
    }

    public IReadOnlyList<LogLine> Tail(int lines)
    {
        lock (_turn)
        {
            return [.. _lines[Math.Max(_gone, _lines.Count - lines)..].Select(Show)];
        }
    }

    public async IAsyncEnumerable<LogLine> Follow(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (lines, more) = After(after);
            foreach (var line in lines)
            {
                yield return line;
                after = line.Number;
            }

            if (lines is [])
            {
                await more.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>Some of the lines that follow one, and what completes when there are more.</summary>
    private (List<LogLine> Lines, Task More) After(long number)
    {
        const int atOnce = 500;
        lock (_turn)
        {
            // The last one is at the end, and no number is left out.
            var from = (int)Math.Clamp(_lines.Count - (_last - number), _gone, _lines.Count);
            var lines = _lines[from..Math.Min(from + atOnce, _lines.Count)].ConvertAll(Show);
            return (lines, _more.Task);
        }
    }

    private void CloseLine()
    {
        StoredLine line = new(++_last, clock.GetUtcNow(), [.. _open]);
        _open.Clear();
        _lines.Add(line);
        _bytes += line.Text.Length + LineOverhead;
        while (_bytes > maxBytes)
        {
            _bytes -= _lines[_gone].Text.Length + LineOverhead;
            _lines[_gone++] = default;
        }

        // Seldom, so that each line is moved once or so.
        if (_gone > _lines.Count / 2)
        {
            _lines.RemoveRange(0, _gone);
            _gone = 0;
        }
    }

    private void Tell(long before)
    {
        if (_last != before)
        {
            _more.SetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private static LogLine Show(StoredLine line) =>
        new(line.Number, line.At, LogText.Escape(Encoding.UTF8.GetString(line.Text).TrimEnd('\r')));

    private readonly record struct StoredLine(long Number, DateTimeOffset At, byte[] Text);
}
