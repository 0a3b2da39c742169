using System.Buffers;

namespace OrleansRegistry.Gateway;

/// <summary>What was read of a body, as long as that is all of it (rule SV6). Not safe for threads.</summary>
/// <param name="room">Where room for it is taken.</param>
/// <param name="workspace">Who takes it.</param>
internal sealed class KeptBytes(SharedRoom room, string workspace) : IDisposable
{
    /// <summary>How many bytes of a body are kept at most.</summary>
    public const int Max = 256 * 1024;

    /// <summary>How many bytes a gateway keeps at most.</summary>
    public const long Room = 64L << 20;

    private ArrayBufferWriter<byte>? _bytes = new();

    /// <summary>Whether nothing is missing.</summary>
    public bool IsWhole => _bytes is not null;

    /// <summary>How many bytes there are.</summary>
    public int Length => _bytes?.WrittenCount ?? 0;

    /// <summary>Keeps the next bytes, or gives all of them up where there is no room.</summary>
    public void Add(ReadOnlySpan<byte> next)
    {
        if (_bytes is null)
        {
            return;
        }

        if (Length + next.Length > Max || !room.TryTake(workspace, next.Length))
        {
            Dispose();
            return;
        }

        _bytes.Write(next);
    }

    /// <summary>Copies bytes from a place on. Answers how many.</summary>
    public int Copy(int from, Span<byte> buffer)
    {
        var bytes = _bytes is null ? [] : _bytes.WrittenSpan[from..];
        var count = Math.Min(bytes.Length, buffer.Length);
        bytes[..count].CopyTo(buffer);
        return count;
    }

    /// <summary>Gives all of them up.</summary>
    public void Dispose()
    {
        room.GiveBack(workspace, Length);
        _bytes = null;
    }
}
