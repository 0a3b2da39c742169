using System.Collections.Frozen;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Runtime.Environments;

/// <summary>An environment, and how a package is started in it.</summary>
/// <param name="View">What it says of itself.</param>
internal sealed record PreparedEnvironment(NodeEnvironment View)
{
    /// <summary>The command of a package that brings none.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The script that follows the command, and is followed by the package's format; or null.</summary>
    public string? Script { get; init; }

    /// <summary>Directories and files that a process in it must see.</summary>
    public IReadOnlyList<string> Visible { get; init; } = [];

    /// <summary>The directory of its interpreter.</summary>
    public string? ProgramDirectory { get; init; }

    /// <summary>Why nothing can run in it, for the log; or null.</summary>
    public string? Detail { get; init; }

    /// <summary>An environment in which nothing can run.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="reason">Why not, and what to do about it.</param>
    public static PreparedEnvironment Unusable(string name, OffReason reason) =>
        new(new NodeEnvironment(new ServingEnvironment(name, null, FrozenDictionary<string, string>.Empty), reason.Told)) { Detail = reason.Detail };
}
