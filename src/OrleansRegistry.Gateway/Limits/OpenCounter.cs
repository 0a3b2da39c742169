using System.Collections.Concurrent;

namespace OrleansRegistry.Gateway;

/// <summary>How many things each holder has open, up to a limit. Who holds nothing takes no memory.</summary>
/// <param name="limit">The most that one may hold; 0 for any number.</param>
internal sealed class OpenCounter<T>(int limit)
    where T : notnull
{
    private readonly ConcurrentDictionary<T, int> _open = [];

    /// <summary>How many holders there are.</summary>
    public int Holders => _open.Count;

    /// <summary>
    /// Takes one more, which must be given back by <see cref="Leave"/>; false when the holder has as many as may be.
    /// </summary>
    public bool TryEnter(T holder)
    {
        if (limit == 0)
        {
            return true;
        }

        while (true)
        {
            if (!_open.TryGetValue(holder, out var count))
            {
                if (_open.TryAdd(holder, 1))
                {
                    return true;
                }
            }
            else if (count >= limit)
            {
                return false;
            }
            else if (_open.TryUpdate(holder, count + 1, count))
            {
                return true;
            }
        }
    }

    /// <summary>Gives one back.</summary>
    public void Leave(T holder)
    {
        if (limit == 0)
        {
            return;
        }

        while (true)
        {
            var count = _open[holder];
            if (count == 1 ? _open.TryRemove(new KeyValuePair<T, int>(holder, 1)) : _open.TryUpdate(holder, count - 1, count))
            {
                return;
            }
        }
    }
}
