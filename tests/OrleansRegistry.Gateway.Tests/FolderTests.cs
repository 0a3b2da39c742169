using System.Text.RegularExpressions;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests;

/// <summary>The floor plan of the gateway: a folder a feature, and <c>Http</c> for what all share.</summary>
public sealed partial class FolderTests
{
    private static readonly string Source = Path.Combine(RepositoryRoot.Directory, "src", "OrleansRegistry.Gateway");

    [Fact]
    public void No_folder_uses_one_that_uses_it_back_and_Http_uses_none()
    {
        var files = Directory.GetDirectories(Source)
            .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories), (folder, file) => (Folder: Path.GetFileName(folder), file))
            .Where(file => file.Folder is not ("bin" or "obj"))
            .Select(file => (file.Folder, Text: Aside().Replace(File.ReadAllText(file.file), "")))
            .ToList();
        var homes = files.SelectMany(file => Declared().Matches(file.Text), (file, name) => (Name: name.Groups["name"].Value, file.Folder))
            .ToLookup(declared => declared.Name, declared => declared.Folder);
        var uses = files.SelectMany(file => Word().Matches(file.Text), (file, word) => (file.Folder, Other: homes[word.Value], Name: word.Value))
            .Where(use => use.Other.Any() && !use.Other.Contains(use.Folder))
            .SelectMany(use => use.Other, (use, other) => (From: use.Folder, To: other, use.Name))
            .Distinct()
            .ToList();

        Assert.Equal(["Access", "Billing", "Calls", "Events", "Health", "Http", "Limits", "Models", "Versions", "Webhooks"], files.Select(file => file.Folder).Distinct().Order());
        Assert.Equal("", Text(uses.Where(use => use.From == "Http")));

        // What uses nothing that is left goes, until nothing is left; what stays goes round in circles.
        var left = files.Select(file => file.Folder).ToHashSet();
        while (left.RemoveWhere(folder => !uses.Any(use => use.From == folder && left.Contains(use.To))) > 0)
        {
        }

        Assert.Equal("", Text(uses.Where(use => left.Contains(use.From) && left.Contains(use.To))));
    }

    private static string Text(IEnumerable<(string From, string To, string Name)> uses) =>
        string.Join(Environment.NewLine, uses.Select(use => $"{use.From} uses {use.Name} of {use.To}"));

    // What only looks like a use: comments, and the members of enumerations.
    [GeneratedRegex(@"(?m)//.*$|(?<=enum \w+\s*)\{[^}]*\}")]
    private static partial Regex Aside();

    // Types but for those that are a type's own, and extension methods.
    [GeneratedRegex(@"(?<!private .*)\b(?:class|struct|interface|enum|record) (?<name>\w+)|(?<name>\w+)(?:<\w+>)?\(this ")]
    private static partial Regex Declared();

    [GeneratedRegex(@"(?<!\w\.)\b\w+|(?<=\.)\w+(?=\()")]
    private static partial Regex Word();
}
