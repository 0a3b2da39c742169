using System.Collections.Immutable;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>Lines that the processes of a version wrote.</summary>
internal sealed record VersionLogView
{
    /// <summary>The lines, oldest first.</summary>
    public required ImmutableArray<LogLineView> Lines { get; init; }
}

/// <summary>A line of a log.</summary>
internal sealed record LogLineView
{
    /// <summary>One more than that of the line before; in a log that began anew, higher than all before.</summary>
    public required long Number { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The text. Control characters are escaped.</summary>
    public required string Text { get; init; }

    /// <summary>A line as callers see it.</summary>
    public static LogLineView Of(LogLine line) => new() { Number = line.Number, At = line.At, Text = line.Text };
}
