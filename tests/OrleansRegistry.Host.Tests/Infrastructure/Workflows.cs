using System.Collections.Immutable;
using OrleansRegistry.Testing;
using YamlDotNet.Serialization;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>What <c>.github</c> says.</summary>
internal static class Workflows
{
    private const string Folder = ".github/workflows";

    /// <summary>The files of the workflows.</summary>
    public static ImmutableArray<string> Names { get; } =
        [.. Directory.GetFiles(Full(Folder)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Lines(string name) => File.ReadLines(Path.Combine(Full(Folder), name));

    public static IReadOnlyDictionary<string, object> Read(string name) => Parse($"{Folder}/{name}");

    public static IEnumerable<IReadOnlyDictionary<string, object>> Jobs(string name) =>
        Map(Read(name)["jobs"]).Values.Select(Map);

    /// <summary>The steps of a job; none where it is another workflow.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, object>> Steps(IReadOnlyDictionary<string, object> job) =>
        ((List<object>?)job.GetValueOrDefault("steps") ?? []).Select(Map);

    /// <summary>The entries of <c>dependabot.yml</c>.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, object>> Updates() =>
        ((List<object>)Parse(".github/dependabot.yml")["updates"]).Select(Map);

    /// <summary>The directories of such an entry.</summary>
    public static IEnumerable<string> Directories(IReadOnlyDictionary<string, object> update) =>
        update.GetValueOrDefault("directories") is List<object> several ? several.Cast<string>() : [(string)update["directory"]];

    /// <summary>Whether a path of the repository is there.</summary>
    public static bool Exists(string path) => Path.Exists(Full(path));

    /// <summary>The names of the folders in a folder of the repository.</summary>
    public static IEnumerable<string> Folders(string path) =>
        Directory.GetDirectories(Full(path)).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    public static IReadOnlyDictionary<string, object> Map(object value) =>
        ((Dictionary<object, object>)value).ToDictionary(member => (string)member.Key, member => member.Value);

    private static Dictionary<string, object> Parse(string path) =>
        new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(File.ReadAllText(Full(path)));

    private static string Full(string path) => Path.Combine(RepositoryRoot.Directory, path);
}
