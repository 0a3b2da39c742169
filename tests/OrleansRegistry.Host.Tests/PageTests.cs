using System.Text.RegularExpressions;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The pages for people name only links, paths, settings and types that exist.</summary>
public sealed partial class PageTests
{
    private static readonly string[] Pages =
    [
        .. Directory.GetFiles(RepositoryRoot.Directory, "*.md"),
        .. Files("docs", "*.md"),
        .. Files("src", "README.md"),
        .. Files("tests", "README.md"),
    ];

    [Fact]
    public void Every_link_leads_to_a_file_and_a_heading() => Assert.Empty(
        from page in Pages
        from link in Link().Matches(WithoutCode(page)).Select(match => match.Groups["target"].Value)
        where !link.Contains("://", StringComparison.Ordinal) && !LeadsSomewhere(page, link)
        select $"{page}: {link}");

    [Fact]
    public void Every_path_exists() => Assert.Empty(
        from page in Pages
        from path in RepositoryPath().Matches(File.ReadAllText(page)).Select(match => match.Value.TrimEnd('.')).Distinct()
        where !path.Contains("/bin/", StringComparison.Ordinal) && !Path.Exists(Path.Combine(RepositoryRoot.Directory, path))
        select $"{page}: {path}");

    /// <summary>A name that ends in <c>__</c> stands for all settings below it.</summary>
    [Fact]
    public void Every_setting_is_on_the_page_of_the_settings()
    {
        var settings = Setting().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "docs", "settings.md"))).Select(match => match.Value).ToHashSet();

        Assert.Empty(
            from page in Pages
            from name in Setting().Matches(File.ReadAllText(page)).Select(match => match.Value.Replace(":", "__", StringComparison.Ordinal)).Distinct()
            where !settings.Contains(name)
                && !(name.EndsWith("__", StringComparison.Ordinal) && settings.Any(setting => setting.StartsWith(name, StringComparison.Ordinal)))
            select $"{page}: {name}");
    }

    [Fact]
    public void Every_type_and_member_is_in_the_code()
    {
        string[] code = [.. Files("src", "*.cs"), .. Files("src", "*.py"), .. Files("tests", "*.cs")];
        var words = code.SelectMany(file => Word().Matches(File.ReadAllText(file)).Select(match => match.Value)).ToHashSet();

        Assert.Empty(
            from page in Pages
            from name in CodeName().Matches(WithoutCode(page)).Select(match => match.Groups["name"].Value).Distinct()
            where !words.Contains(name)
            select $"{page}: {name}");
    }

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.GetFiles(Path.Combine(RepositoryRoot.Directory, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal));

    private static string WithoutCode(string page) => CodeBlock().Replace(File.ReadAllText(page), "");

    private static bool LeadsSomewhere(string page, string link)
    {
        var (path, heading) = link.IndexOf('#', StringComparison.Ordinal) is var at and >= 0 ? (link[..at], link[(at + 1)..]) : (link, "");
        var target = path.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, path);
        return Path.Exists(target)
            && (heading.Length == 0
                || Heading().Matches(WithoutCode(target)).Any(match => Anchor(match.Groups["text"].Value).Equals(heading, StringComparison.OrdinalIgnoreCase)));
    }

    // As the repository's host makes them, but for the case.
    private static string Anchor(string heading) => NotInAnchors().Replace(heading.Trim(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("^#+ (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}_\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"\b(?:src|tests|scripts|deploy)/[\w./-]+")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"\bRegistry(?:__|:)\w[\w:]*")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex("`(?<name>[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+)`")]
    private static partial Regex CodeName();
}
