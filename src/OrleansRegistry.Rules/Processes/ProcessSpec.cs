using System.Collections.Frozen;

namespace OrleansRegistry.Processes;

/// <summary>What a process of a version is started from.</summary>
internal sealed record ProcessSpec
{
    /// <summary>
    /// The directory with the package's files, which nobody changes. Everybody may read the files (0444), and look into
    /// its directories (0555): the process has a user of its own. The directories above it may be closed.
    /// </summary>
    public required string Package { get; init; }

    /// <summary>The artifact's format.</summary>
    public required ArtifactFormat Format { get; init; }

    /// <summary>The name of the environment.</summary>
    public required string Environment { get; init; }

    /// <summary>The package's own command, which keeps the contract of <c>docs/serving.md</c>; null for the environment's.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Variables for the process, as <see cref="ProcessVariables"/> has checked them.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>What it may use.</summary>
    public ProcessResources Resources { get; init; } = ProcessResources.Default;

    /// <summary>How long it may take until it is ready.</summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(300);
}
