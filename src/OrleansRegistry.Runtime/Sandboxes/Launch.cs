using OrleansRegistry.Processes;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>A program to start in isolation.</summary>
internal sealed record Launch
{
    /// <summary>The command; its first word may be a name that the <c>PATH</c> leads to.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>A script of the node that the command runs, by its path for the node; or null.</summary>
    public string? Script { get; init; }

    /// <summary>What follows the script.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The directory with the package's files, or null where there is none.</summary>
    public string? Package { get; init; }

    /// <summary>Directories and files that the program needs, beside the package and the operating system's.</summary>
    public IReadOnlyList<string> Visible { get; init; } = [];

    /// <summary>A directory to look for programs in, before the system's.</summary>
    public string? ProgramDirectory { get; init; }

    /// <summary>The variables of the package.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = ProcessVariables.None;

    /// <summary>What it may use.</summary>
    public required ProcessResources Resources { get; init; }

    /// <summary>The numbers of the processors that it runs on; none for all.</summary>
    public IReadOnlyList<int> Processors { get; init; } = [];

    /// <summary>A user of its own, where the node is root; null for the node's user.</summary>
    public int? User { get; init; }

    /// <summary>The whole command.</summary>
    /// <param name="script">The path by which the process finds the script.</param>
    public IEnumerable<string> Words(string script) => Script is null ? Command : [.. Command, script, .. Arguments];
}
