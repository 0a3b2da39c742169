namespace OrleansRegistry.Gateway;

/// <summary>
/// Counts for each of many, in bounded memory: where there are <paramref name="max"/>, those that come to it are
/// counted together.
/// </summary>
/// <typeparam name="T">What is counted for.</typeparam>
/// <param name="max">How many there may be.</param>
internal sealed class BoundedCounts<T>(int max)
    where T : class
{
    private readonly Lock _lock = new();
    private Dictionary<T, int> _counts = [];
    private int _others;

    /// <summary>Counts one more. Answers how many there are now, of this one or of those counted together.</summary>
    public int Add(T one)
    {
        lock (_lock)
        {
            return _counts.TryGetValue(one, out var count) || _counts.Count < max ? _counts[one] = count + 1 : ++_others;
        }
    }

    /// <summary>The counts so far, with null for those counted together. It begins anew.</summary>
    public IReadOnlyList<(T? One, int Count)> Take()
    {
        Dictionary<T, int> counts;
        int others;
        lock (_lock)
        {
            if (_counts.Count == 0)
            {
                return [];
            }

            (counts, _counts) = (_counts, []);
            (others, _others) = (_others, 0);
        }

        return [.. counts.Select(one => ((T?)one.Key, one.Value)), .. others == 0 ? [] : new (T?, int)[] { (null, others) }];
    }
}
