using System.Text;
using CsCheck;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Rules.Tests.Processes;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("plain text, größer\tand 世界 😀", "plain text, größer\tand 世界 😀")]
    [InlineData("\u001b[31mred", "\\u001b[31mred")]
    [InlineData("a\0b\rc\u007f\u0085\u009b1m", "a\\u0000b\\u000dc\\u007f\\u0085\\u009b1m")]
    [InlineData("x\u2028y\u2029z", "x\\u2028y\\u2029z")]
    [InlineData("\u202egnp.exe\u202c \u2066i\u2069 \u200f\u200e\u061c", "\\u202egnp.exe\\u202c \\u2066i\\u2069 \\u200f\\u200e\\u061c")]
    public void X9_What_acts_on_a_terminal_or_on_direction_is_escaped(string text, string expected) =>
        Assert.Equal(expected, LogText.Escape(text));

    [Fact]
    public void X9_A_tail_has_the_last_fifty_lines()
    {
        var lines = Enumerable.Range(1, 120).Select(line => $"line {line}").ToList();

        Assert.Equal(string.Join('\n', lines[70..]), LogText.Tail(lines));
        Assert.Equal("", LogText.Tail([]));
    }

    [Fact]
    public void X9_A_tail_has_at_most_16_KiB() =>
        Gen.String[Gen.Char[(char)0, '\uffff'], 0, 3000].List[0, 60].Sample(lines =>
        {
            var tail = LogText.Tail(lines);

            Assert.True(Encoding.UTF8.GetByteCount(tail) <= LogText.TailBytes);
            Assert.True(tail.Split('\n').Length <= LogText.TailLines);
            Assert.Equal(LogText.Escape(tail.Replace("\n", "", StringComparison.Ordinal)), tail.Replace("\n", "", StringComparison.Ordinal));
        });

    [Fact]
    public void X9_Of_a_line_that_is_too_long_the_tail_has_the_end()
    {
        var line = new string('é', LogText.TailBytes) + "x";

        var tail = LogText.Tail(["before", line]);

        Assert.EndsWith("éx", tail, StringComparison.Ordinal);
        Assert.Equal(LogText.TailBytes - 1, Encoding.UTF8.GetByteCount(tail));
    }
}
