using System.Collections.Immutable;

namespace OrleansRegistry.Artifacts;

/// <summary>A serving environment, as far as artifacts depend on it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Python">Its Python, <c>3.11.2</c> or <c>3.11</c>; null for the environment that serves ONNX.</param>
/// <param name="Packages">The versions of its packages, by names as PEP 503 normalizes them.</param>
internal sealed record ServingEnvironment(string Name, string? Python, IReadOnlyDictionary<string, string> Packages);

/// <summary>Whether an environment fits an artifact.</summary>
/// <param name="Name">The environment's name.</param>
/// <param name="Fits">Whether it does.</param>
/// <param name="Differences">Why it doesn't.</param>
internal sealed record EnvironmentFit(string Name, bool Fits, ImmutableArray<EnvironmentDifference> Differences);

/// <summary>Something that an environment lacks.</summary>
/// <param name="Name"><c>format</c>, <c>python</c>, or the name of a package.</param>
/// <param name="Needs">The artifact's need.</param>
/// <param name="Has">The environment's part, or null for nothing of the kind.</param>
internal sealed record EnvironmentDifference(string Name, string Needs, string? Has);

/// <summary>Which environments can serve an artifact (rule F10).</summary>
internal static class EnvironmentMatch
{
    private const string Onnx = "onnx";
    private const string Python = "python";

    /// <summary>Holds an environment against what a manifest that is well formed says.</summary>
    public static EnvironmentFit Of(ArtifactFormat format, ArtifactRequirements requires, ServingEnvironment environment)
    {
        ImmutableArray<EnvironmentDifference> differences = [.. Differences(format, requires, environment)];
        return new EnvironmentFit(environment.Name, differences.IsEmpty, differences);
    }

    private static IEnumerable<EnvironmentDifference> Differences(
        ArtifactFormat format, ArtifactRequirements requires, ServingEnvironment environment) => (format, environment.Python) switch
        {
            (ArtifactFormat.Onnx, null) => [],
            (ArtifactFormat.Onnx, _) => [new EnvironmentDifference("format", Onnx, Python)],
            (ArtifactFormat.Python or ArtifactFormat.PythonPickle, null) =>
                [new EnvironmentDifference("format", ArtifactDigest.NameOf(format), Onnx)],
            (ArtifactFormat.Python, { } python) => InPython(requires, python, environment.Packages, IsCompatible),
            (ArtifactFormat.PythonPickle, { } python) => InPython(requires, python, environment.Packages, IsSame),
        };

    private static IEnumerable<EnvironmentDifference> InPython(
        ArtifactRequirements requires,
        string python,
        IReadOnlyDictionary<string, string> packages,
        Func<PackageVersion, PackageVersion, bool> fits)
    {
        if (requires.Python is { } needed && needed != MinorOf(python))
        {
            yield return new EnvironmentDifference(Python, needed, python);
        }

        foreach (var (name, needs) in requires.Packages ?? ImmutableDictionary<string, string>.Empty)
        {
            var has = packages.GetValueOrDefault(name);
            if (has is null || !PackageVersion.TryParse(has, out var there) || !PackageVersion.TryParse(needs, out var wanted)
                || !fits(wanted, there))
            {
                yield return new EnvironmentDifference(name, needs, has);
            }
        }
    }

    /// <summary>A pickled object is read by the very code that wrote it.</summary>
    private static bool IsSame(PackageVersion needs, PackageVersion has) => has.CompareTo(needs) == 0;

    /// <summary>Source code runs with a later release of the same major version.</summary>
    private static bool IsCompatible(PackageVersion needs, PackageVersion has) => has.Major == needs.Major && has.CompareTo(needs) >= 0;

    private static string MinorOf(string python) => string.Join('.', python.Split('.').Take(2));
}
