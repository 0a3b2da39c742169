using System.Collections.Immutable;
using OrleansRegistry.Testing;
using YamlDotNet.Serialization;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>What <c>.github</c> says.</summary>
internal static class Workflows
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Directory, ".github", "workflows");

    /// <summary>The files of the workflows.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Lines(string name) => File.ReadLines(Path.Combine(Folder, name));

    public static IReadOnlyDictionary<string, object> Read(string name) => Parse(Path.Combine(Folder, name));

    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, object>> Jobs(string name) =>
        Map(Read(name)["jobs"]).ToDictionary(job => job.Key, job => Map(job.Value));

    /// <summary>The steps of a job; none where it is another workflow.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, object>> Steps(IReadOnlyDictionary<string, object> job) =>
        ((List<object>?)job.GetValueOrDefault("steps") ?? []).Select(Map);

    /// <summary>The entries of <c>dependabot.yml</c>.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, object>> Updates() =>
        ((List<object>)Parse(Path.Combine(RepositoryRoot.Directory, ".github", "dependabot.yml"))["updates"]).Select(Map);

    public static IEnumerable<string> Directories(IReadOnlyDictionary<string, object> update) =>
        update.GetValueOrDefault("directories") is List<object> several ? several.Cast<string>() : [(string)update["directory"]];

    /// <summary>Whether a path of the repository is there.</summary>
    public static bool Exists(string path) => Path.Exists(Path.Combine(RepositoryRoot.Directory, path));

    public static IReadOnlyDictionary<string, object> Map(object value) =>
        ((Dictionary<object, object>)value).ToDictionary(member => (string)member.Key, member => member.Value);

    private static Dictionary<string, object> Parse(string file) =>
        new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(file));
}
