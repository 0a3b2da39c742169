using System.Diagnostics;

namespace OrleansRegistry.ClusterTests;

/// <summary>What all clients did to all models, on one clock.</summary>
internal sealed class History(int models)
{
    /// <summary>Until when a command without an answer may take effect: its life of 30 s counts from when a gateway reads it, which one that is frozen does late.</summary>
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(45);

    private readonly Lock _lock = new();
    private readonly List<Operation>[] _operations = [.. Enumerable.Range(0, models).Select(_ => new List<Operation>())];
    private readonly List<(long Since, HashSet<(int Model, bool IsRead)> Missing, TaskCompletionSource<TimeSpan> Done)> _waiting = [];
    private readonly List<(long Count, TaskCompletionSource Reached)> _counting = [];
    private readonly List<(long Count, TaskCompletionSource Reached)> _countingAnswers = [];
    private long _failures;
    private long _answers;

    /// <summary>Now.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>How many models there are.</summary>
    public int Models => models;

    /// <summary>How many requests had no answer, or 5xx.</summary>
    public long Failures
    {
        get
        {
            lock (_lock)
            {
                return _failures;
            }
        }
    }

    /// <summary>All operations, model by model.</summary>
    public IReadOnlyList<IReadOnlyList<Operation>> OfAll => [.. Enumerable.Range(0, models).Select(Of)];

    public IReadOnlyList<Operation> Of(int model)
    {
        lock (_lock)
        {
            return [.. _operations[model]];
        }
    }

    /// <summary>The end of the interval in which a command without an answer may take effect.</summary>
    public static long DoubtfulUntil(long calledAt) => calledAt + (long)(Doubt.TotalSeconds * Stopwatch.Frequency);

    public void Add(int model, Operation operation)
    {
        lock (_lock)
        {
            _operations[model].Add(operation);
            if (operation.Told == Told.Unknown)
            {
                NoteFailure();
                return;
            }

            _answers++;
            _countingAnswers.RemoveAll(counting => counting.Count <= _answers && counting.Reached.TrySetResult());
            foreach (var (since, missing, done) in _waiting)
            {
                if (operation.CalledAt >= since && missing.Remove((model, operation.Verb is Verb.Resolve or Verb.ResolveAlias)) && missing.Count == 0)
                {
                    done.SetResult(Stopwatch.GetElapsedTime(since, operation.AnsweredAt));
                }
            }

            _waiting.RemoveAll(waiting => waiting.Missing.Count == 0);
        }
    }

    public void NoteFailure()
    {
        lock (_lock)
        {
            _failures++;
            _counting.RemoveAll(counting => counting.Count <= _failures && counting.Reached.TrySetResult());
        }
    }

    /// <summary>Waits for so many failures from now on.</summary>
    public Task Fail(int count) => Count(_counting, () => _failures + count);

    /// <summary>Waits for so many answers from now on.</summary>
    public Task Answer(int count) => Count(_countingAnswers, () => _answers + count);

    /// <summary>How long it takes from now on until resolves, or commands, that begin from now on have been answered on every model.</summary>
    public Task<TimeSpan> Recovery(bool ofReads)
    {
        lock (_lock)
        {
            var done = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((Now, [.. Enumerable.Range(0, _operations.Length).Select(model => (model, ofReads))], done));
            return done.Task;
        }
    }

    private Task Count(List<(long Count, TaskCompletionSource Reached)> counting, Func<long> goal)
    {
        lock (_lock)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            counting.Add((goal(), reached));
            return reached.Task;
        }
    }
}
