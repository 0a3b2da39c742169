using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Processes;

/// <summary>Which environment of a node a version runs in (rule F10). Pure functions.</summary>
internal static class EnvironmentChoice
{
    /// <summary>The environment that is named, or the first one that fits, or why there is none.</summary>
    /// <param name="name">The name, or null for any.</param>
    /// <param name="format">What the artifact's files are.</param>
    /// <param name="requires">What the artifact requires.</param>
    /// <param name="environments">Those of the node, in the order in which they are tried.</param>
    public static Outcome<NodeEnvironment> Of(
        string? name, ArtifactFormat format, ArtifactRequirements requires, IReadOnlyList<NodeEnvironment> environments)
    {
        List<string> reasons = [];
        foreach (var environment in environments.Where(environment => name is null || environment.Serving.Name == name))
        {
            var fit = EnvironmentMatch.Of(format, requires, environment.Serving);
            if (environment.Off is null && fit.Fits)
            {
                return environment;
            }

            reasons.Add($"{environment.Serving.Name} {(environment.Off is { } off ? $"is off ({off})" : Lacks(fit))}");
        }

        var detail = reasons.Count > 0 ? $"No environment fits the artifact: {string.Join("; ", reasons)}."
            : name is null ? "This registry has no environment."
            : $"There is no environment {name}; there are {string.Join(", ", environments.Select(environment => environment.Serving.Name))}.";
        return new RegistryError(ErrorCode.NoEnvironment, detail);
    }

    private static string Lacks(EnvironmentFit fit) => "has " + string.Join(
        " and ", fit.Differences.Select(difference => $"{difference.Name} {difference.Has ?? "not at all"} where {difference.Needs} is needed"));
}
