namespace OrleansRegistry.Gateway;

/// <summary>Room for bytes that wait: bounded for the gateway and for each workspace.</summary>
internal sealed class SharedRoom(long size)
{
    /// <summary>The part of the room that a workspace may take.</summary>
    public const int Share = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _taken = new(StringComparer.Ordinal);
    private long _all;

    /// <summary>How many bytes are taken.</summary>
    public long Taken
    {
        get
        {
            lock (_lock)
            {
                return _all;
            }
        }
    }

    /// <summary>Takes room; false when there is too little.</summary>
    public bool TryTake(string workspace, long bytes)
    {
        lock (_lock)
        {
            var taken = _taken.GetValueOrDefault(workspace);
            if (_all + bytes > size || taken + bytes > size / Share)
            {
                return false;
            }

            _taken[workspace] = taken + bytes;
            _all += bytes;
            return true;
        }
    }

    /// <summary>Gives room back.</summary>
    public void GiveBack(string workspace, long bytes)
    {
        lock (_lock)
        {
            _all -= bytes;
            var left = _taken.GetValueOrDefault(workspace) - bytes;
            if (left > 0)
            {
                _taken[workspace] = left;
            }
            else
            {
                _taken.Remove(workspace);
            }
        }
    }
}
