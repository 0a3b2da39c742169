using System.Text.RegularExpressions;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Texts that are kept in the tree. <c>REGISTRY_WRITE_ORK=1</c> writes them.</summary>
internal static partial class Golden
{
    public static void Verify(string name, string text)
    {
        var file = Path.Combine(RepositoryRoot.Directory, "tests/OrleansRegistry.Cli.Tests/Golden", name);
        if (Environment.GetEnvironmentVariable("REGISTRY_WRITE_ORK") is not null)
        {
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    /// <summary>A text without what is another in each run.</summary>
    public static string Masked(string text)
    {
        var ids = new Dictionary<string, string>();
        text = Instants().Replace(text, "(instant)");
        text = Days().Replace(text, "(day)");
        text = Durations().Replace(text, "$1(figure)");
        text = Prefixes().Replace(text, "$1(prefix)");
        text = Positions().Replace(text, "$1(position)");
        return Ids().Replace(text, found =>
        {
            var id = found.Groups["id"].Value;
            ids.TryAdd(id, $"(id {ids.Count + 1})");
            return ids[id] + found.Groups["ordinal"].Value;
        });
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")]
    private static partial Regex Instants();

    [GeneratedRegex(@"\d{4}-\d\d(-\d\d)?(?="")")]
    private static partial Regex Days();

    [GeneratedRegex(@"(""(?:\w+_seconds|\w+_milliseconds|revision|etag|last_event_id|port|version_count)"": )(?:""(?:\\.|[^""\\])*""|[\d.]+)")]
    private static partial Regex Durations();

    [GeneratedRegex(@"(""id"": "")\d+(?="")")]
    private static partial Regex Positions();

    [GeneratedRegex(@"(""(?:prefix|key_prefix)"": ""|key:)[0-9a-z]+")]
    private static partial Regex Prefixes();

    // As a whole value, or anywhere with a digit, as no word has: some ids have letters only.
    [GeneratedRegex(
        @"(?<="": "")(?<id>[0-9a-hjkmnp-tv-z]{10})(?<ordinal>(?:-\d+)?)(?="")"
        + @"|\b(?=[0-9a-z]*[0-9])(?=[0-9a-z]*[a-z])(?<id>[0-9a-z]{10})(?<ordinal>(?:-\d+)?)\b")]
    private static partial Regex Ids();
}
