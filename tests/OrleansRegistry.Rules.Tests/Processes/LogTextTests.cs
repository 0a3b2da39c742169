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
}
