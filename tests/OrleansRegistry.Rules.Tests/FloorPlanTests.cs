using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansRegistry.Testing;

namespace OrleansRegistry;

/// <summary>
/// The floor plan of the sources: which project refers to which, and that no folder uses one that uses it back.
/// </summary>
public sealed partial class FloorPlanTests
{
    private static readonly string Sources = Path.Combine(RepositoryRoot.Directory, "src");

    public static TheoryData<string> Projects =>
        [.. Directory.GetDirectories(Sources).Select(directory => Path.GetFileName(directory)["OrleansRegistry.".Length..]).Order()];

    [Theory]
    [InlineData("Abstractions")]
    [InlineData("Rules", "Abstractions")]
    [InlineData("Outbound")]
    [InlineData("Storage", "Rules")]
    [InlineData("Grains", "Outbound", "Rules")]
    [InlineData("Gateway", "Abstractions", "Outbound", "Rules")]
    [InlineData("Artifacts", "Rules")]
    [InlineData("Client", "Abstractions")]
    [InlineData("RestClient")]
    [InlineData("Cli", "RestClient")]
    [InlineData("WebConsole", "Gateway")]
    [InlineData("Silo", "Abstractions", "Artifacts", "Client", "Grains", "Outbound", "Rules", "Storage")]
    [InlineData("Host", "Artifacts", "Gateway", "Grains", "Runtime", "Silo", "Storage", "WebConsole")]
    [InlineData("Runtime", "Rules")]
    [InlineData("OnnxServer")]
    public void References_run_one_way(string project, params string[] expected)
    {
        var references = XDocument.Load(Path.Combine(Sources, $"OrleansRegistry.{project}", $"OrleansRegistry.{project}.csproj")).Descendants("ProjectReference")
            // What is started, and not linked, is none.
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!)["OrleansRegistry.".Length..]);

        Assert.Equal(expected, references.Order());
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folder_uses_one_that_uses_it_back(string project)
    {
        var uses = Uses(project).ToList();

        // Folders that use nothing that is left go, one after the other. Those that stay go round in circles.
        var left = uses.SelectMany(use => (string[])[use.From, use.To]).ToHashSet();
        while (left.RemoveWhere(folder => !uses.Any(use => use.From == folder && left.Contains(use.To))) > 0)
        {
        }

        Assert.Equal("", Text(uses.Where(use => left.Contains(use.From) && left.Contains(use.To))));
    }

    [Fact]
    public void Http_of_the_gateway_uses_no_other_folder() => Assert.Equal("", Text(Uses("Gateway").Where(use => use.From == "Http")));

    /// <summary>The names of one folder that another one uses, within a project.</summary>
    private static IEnumerable<(string From, string To, string Name)> Uses(string project)
    {
        var files = Directory.GetDirectories(Path.Combine(Sources, $"OrleansRegistry.{project}"))
            .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories), (folder, file) => (Folder: Path.GetFileName(folder), file))
            .Where(file => file.Folder is not ("bin" or "obj"))
            .Select(file => (file.Folder, Text: Aside().Replace(File.ReadAllText(file.file), "")))
            .ToList();
        var homes = files.SelectMany(file => Declared().Matches(file.Text), (file, name) => (Name: name.Groups["name"].Value, file.Folder))
            .ToLookup(declared => declared.Name, declared => declared.Folder);
        return files.SelectMany(file => Word().Matches(file.Text), (file, word) => (file.Folder, Other: homes[word.Value], Name: word.Value))
            .Where(use => use.Other.Any() && !use.Other.Contains(use.Folder))
            .SelectMany(use => use.Other, (use, other) => (From: use.Folder, To: other, use.Name))
            .Distinct();
    }

    private static string Text(IEnumerable<(string From, string To, string Name)> uses) =>
        string.Join(Environment.NewLine, uses.Select(use => $"{use.From} uses {use.Name} of {use.To}"));

    // Comments, the members of enumerations and the names of properties and of what is set only look like uses.
    [GeneratedRegex(@"(?m)//.*$|(?<=enum \w+\s*)\{[^}]*\}|\w+(?=\s*\{ (?:get|init|set)\b)|(?<=\n\s+)\w+(?= = )")]
    private static partial Regex Aside();

    // Types but for those that are a type's own, and extension methods.
    [GeneratedRegex(@"(?<!private .*)\b(?:record struct|class|struct|interface|enum|record) (?<name>\w+)|(?<name>\w+)(?:<\w+>)?\(\s*this ")]
    private static partial Regex Declared();

    [GeneratedRegex(@"(?<!\w\.)\b\w+|(?<=\.)\w+(?=\()")]
    private static partial Regex Word();
}
