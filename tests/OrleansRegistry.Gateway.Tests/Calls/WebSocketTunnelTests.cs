using System.Buffers.Binary;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>A WebSocket that the node ends while frames of its server pass by.</summary>
public sealed class WebSocketTunnelTests
{
    private static readonly byte[] GoingAway = [0x88, 0x02, 0x03, 0xE9];

    private static readonly byte[] Close = [0x88, 0x02, 0x03, 0xE8];

    /// <summary>Frames with lengths of one, two and eight bytes, an empty one, and one with a mask.</summary>
    private static readonly byte[][] Frames = [Frame(5), Frame(0), Frame(200), [0x82, 0x82, 1, 2, 3, 4, 9, 9], Frame(70_000), Frame(1)];

    public static TheoryData<int, int> Cuts()
    {
        var length = Frames.Sum(frame => frame.Length);
        TheoryData<int, int> cuts = [];
        foreach (var step in (int[])[1, 7, 1000, length])
        {
            foreach (var end in (int[])[0, 1, 3, 7, 9, 10, 12, 100, 213, 217, 225, 50_000, length - 1, length])
            {
                cuts.Add(step, end);
            }
        }

        return cuts;
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task H5_the_caller_gets_whole_frames_and_then_one_that_says_why_and_no_more(int step, int end)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using MemoryStream caller = new();
        await using WebSocketTunnel tunnel = new(caller);
        var all = Frames.SelectMany(frame => frame).ToArray();
        await Write(tunnel, all[..end], step);

        await tunnel.End(cancellationToken);
        await Write(tunnel, all[end..], step);
        await tunnel.WriteAsync(Frame(3), cancellationToken);

        // The frame that had begun comes to its end.
        var whole = 0;
        foreach (var frame in Frames.TakeWhile(_ => whole < end))
        {
            whole += frame.Length;
        }

        Assert.Equal([.. all[..whole], .. GoingAway], caller.ToArray());
    }

    [Fact]
    public async Task H5_a_server_that_has_closed_it_has_the_last_word()
    {
        using MemoryStream caller = new();
        await using WebSocketTunnel tunnel = new(caller);
        await tunnel.WriteAsync(Close, TestContext.Current.CancellationToken);

        await tunnel.End(TestContext.Current.CancellationToken);

        Assert.Equal(Close, caller.ToArray());
    }

    private static async Task Write(WebSocketTunnel tunnel, byte[] bytes, int step)
    {
        foreach (var part in bytes.Chunk(step))
        {
            await tunnel.WriteAsync(part, TestContext.Current.CancellationToken);
        }
    }

    private static byte[] Frame(int length)
    {
        byte[] head = length switch
        {
            < 126 => [0x82, (byte)length],
            <= ushort.MaxValue => [0x82, 126, 0, 0],
            _ => [0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        if (head.Length == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), (ushort)length);
        }
        else if (head.Length == 10)
        {
            BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(2), length);
        }

        return [.. head, .. Enumerable.Repeat((byte)0x88, length)];
    }
}
