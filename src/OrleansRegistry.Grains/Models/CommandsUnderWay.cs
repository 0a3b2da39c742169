namespace OrleansRegistry.Models;

/// <summary>
/// The versions, by ordinal, for which a model has sent a command to itself. Nobody hears of one that a silo refuses to
/// run: after a while it may be sent again.
/// </summary>
/// <param name="patience">How long that is.</param>
/// <param name="clock">The clock.</param>
internal sealed class CommandsUnderWay(TimeSpan patience, TimeProvider clock)
{
    private readonly Dictionary<int, DateTimeOffset> _sent = [];

    /// <summary>Whether one is under way.</summary>
    public bool Contains(int ordinal) => _sent.TryGetValue(ordinal, out var at) && clock.GetUtcNow() - at < patience;

    /// <summary>One is sent, unless another is under way.</summary>
    public bool Add(int ordinal)
    {
        if (Contains(ordinal))
        {
            return false;
        }

        _sent[ordinal] = clock.GetUtcNow();
        return true;
    }

    /// <summary>One has run.</summary>
    public void Remove(int ordinal) => _sent.Remove(ordinal);
}
