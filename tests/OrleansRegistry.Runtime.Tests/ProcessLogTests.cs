using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Runtime.Logs;

namespace OrleansRegistry.Runtime.Tests;

public sealed class ProcessLogTests
{
    private static readonly FakeTimeProvider Clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>The number of the first line of a log that is made now.</summary>
    private static readonly long First = (Clock.GetUtcNow().ToUnixTimeMilliseconds() * 1000) + 1;

    [Fact]
    public void X9_Lines_are_cut_at_line_breaks_however_they_are_read() =>
        Gen.Select(Gen.Char["ab\n"].Array[0, 200], Gen.Int[1, 50]).Sample((letters, step) =>
        {
            var text = new string(letters);
            ProcessLog log = new(1024 * 1024, Clock);
            for (var start = 0; start < text.Length; start += step)
            {
                log.Append(Encoding.UTF8.GetBytes(text.Substring(start, Math.Min(step, text.Length - start))));
            }

            log.End();

            var expected = text.EndsWith('\n') ? text[..^1].Split('\n') : text.Length == 0 ? [] : text.Split('\n');
            Assert.Equal(expected, log.Tail(int.MaxValue).Select(line => line.Text));
            Assert.Equal(Enumerable.Range(1, expected.Length), log.Tail(int.MaxValue).Select(line => (int)(line.Number - First + 1)));
        });

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(16 * 1024)]
    public void X9_The_ring_keeps_the_newest_lines_within_its_room(int length)
    {
        const int room = 256 * 1024;
        ProcessLog log = new(room, Clock);
        var line = Encoding.UTF8.GetBytes(new string('x', length) + "\n");
        for (var number = 0; number < 5000; number++)
        {
            log.Append(line);
        }

        var lines = log.Tail(int.MaxValue);
        Assert.Equal(First + 4999, lines[^1].Number);
        Assert.InRange(lines.Count * (length + 64), room - length - 64, room);
    }

    [Fact]
    public void X9_A_line_without_an_end_is_cut_and_text_is_escaped()
    {
        ProcessLog log = new(1024 * 1024, Clock);
        log.Append(Encoding.UTF8.GetBytes(new string('x', ProcessLog.MaxLineBytes + 5)));
        log.Append("\u001b[0m\r\n"u8);

        Assert.Equal([new string('x', ProcessLog.MaxLineBytes), "xxxxx\\u001b[0m"], log.Tail(5).Select(line => line.Text));
        Assert.Equal(Clock.GetUtcNow(), log.Tail(1)[0].At);
    }

    [Fact]
    public async Task X9_A_follower_gets_every_line_once_from_where_it_begins()
    {
        ProcessLog log = new(1024 * 1024, Clock);
        log.Append("1\n2\n3\n"u8);
        using CancellationTokenSource enough = new();
        List<string> seen = [];
        var following = Task.Run(async () =>
        {
            await foreach (var line in log.Follow(First, enough.Token))
            {
                seen.Add(line.Text);
                if (line.Text == "1000")
                {
                    await enough.CancelAsync();
                }
            }
        });
        for (var number = 4; number <= 1000; number++)
        {
            log.Append(Encoding.UTF8.GetBytes($"{number}\n"));
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
        Assert.Equal(Enumerable.Range(2, 999).Select(number => $"{number}"), seen);
    }

    [Fact]
    public async Task X9_a_reader_of_a_log_misses_nothing_of_the_next_one()
    {
        FakeTimeProvider clock = new(Clock.GetUtcNow());
        ProcessLog before = new(1024 * 1024, clock);
        before.Append("1\n2\n3\n4\n"u8);
        var cursor = before.Tail(1)[0].Number;
        clock.Advance(TimeSpan.FromMilliseconds(1));
        ProcessLog next = new(1024 * 1024, clock);
        next.Append("a\nb\nc\nd\ne\nf\n"u8);

        List<string> seen = [];
        await foreach (var line in next.Follow(cursor, TestContext.Current.CancellationToken))
        {
            seen.Add(line.Text);
            if (line.Text == "f")
            {
                break;
            }
        }

        Assert.Equal(["a", "b", "c", "d", "e", "f"], seen);
        // Readers of JSON lose the end of a number that is higher.
        Assert.True(next.Tail(1)[0].Number < 1L << 53);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void X9_a_log_has_no_line_for_each_microsecond_however_short_they_are(int length)
    {
        ProcessLog log = new(1024 * 1024, Clock);

        var room = log.Append(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(new string('x', length) + "\n", 1000))));

        Assert.True(1000.0 / room * LogPump.MaxRoomPerSecond < 1_000_000 / 2, $"1000 lines take {room} bytes");
    }
}
