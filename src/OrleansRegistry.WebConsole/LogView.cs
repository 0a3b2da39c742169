namespace OrleansRegistry.WebConsole;

/// <summary>The log of a version, as the HTTP interface answers it.</summary>
/// <param name="Lines">The lines, oldest first.</param>
public sealed record LogView(IReadOnlyList<LogView.Line> Lines)
{
    /// <summary>A line.</summary>
    /// <param name="Number">Its number in the log.</param>
    /// <param name="At">When it was written.</param>
    /// <param name="Text">The text, without control characters.</param>
    public sealed record Line(long Number, DateTimeOffset At, string Text);
}
