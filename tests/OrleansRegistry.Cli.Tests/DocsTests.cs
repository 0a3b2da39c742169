using System.Text;
using System.Text.RegularExpressions;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>The examples of docs/ork.md are run in their order, and each command has one.</summary>
public sealed partial class DocsTests(ServingNode node)
{
    private static readonly string Page = File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "docs/ork.md"));

    [Fact]
    public async Task Every_example_of_the_page_runs_as_it_stands()
    {
        await using var model = await PlayedServer.Start("""{"predictions":[{"label":"versicolor"}]}""");
        // A workspace of its own: the page makes and deletes models.
        await node.Registry.CreateWorkspace(new RestClient.CreateWorkspaceRequest { Name = "page" });
        var key = await node.Registry.CreateApiKey(
            new RestClient.CreateApiKeyRequest { Name = "page", Role = "operator", Workspace = "page" });
        var around = new Around
        {
            Variables = { ["ORK_CONFIG"] = node.NewFile(), ["ORK_URL"] = "", ["ORK_API_KEY"] = "" },
            Input = key.Key,
        };

        var folder = Directory.CreateDirectory(node.NewFile());
        await File.WriteAllTextAsync(
            Path.Combine(folder.CreateSubdirectory("wheat").FullName, "model.py"),
            "class Model:\n    def predict(self, inputs):\n        return inputs\n");
        var examples = Example().Matches(Page).Select(example => example.Groups[1].Value).ToList();
        Assert.InRange(examples.Count, 40, 100);
        foreach (var example in examples)
        {
            var line = example.Replace("http://127.0.0.1:5080", node.Url.AbsoluteUri, StringComparison.Ordinal)
                .Replace("http://127.0.0.1:5090/", model.Url.AbsoluteUri, StringComparison.Ordinal)
                .Replace("./wheat", Path.Combine(folder.FullName, "wheat"), StringComparison.Ordinal);
            var run = await node.Ork(around, Words(line));
            Assert.True(run.Code == 0, $"ork {example} ends with {run.Code}: {run.Error}");
        }
    }

    [Fact]
    public void Every_command_stands_on_the_page()
    {
        var text = Page.ReplaceLineEndings(" ");

        Assert.All(
            HelpTests.Paths().Where(
                path => path.Length > 0 && path is not ("context" or "keys" or "webhooks" or "workspaces" or "rates")),
            path => Assert.True(
                text.Contains($"ork {path}", StringComparison.Ordinal)
                    || (
                        path.StartsWith("webhooks ", StringComparison.Ordinal)
                            && text.Contains($"`{path.Split(' ')[1]}`", StringComparison.Ordinal)),
                path));
    }

    /// <summary>The words of a line, as a shell takes them.</summary>
    private static string[] Words(string line)
    {
        List<string> words = [];
        foreach (Match word in Word().Matches(line))
        {
            var text = new StringBuilder();
            foreach (Capture part in word.Groups[1].Captures)
            {
                text.Append(part.Value is ['\'' or '"', .. var inner, _] ? inner : part.Value);
            }

            words.Add(text.ToString());
        }

        return [.. words];
    }

    [GeneratedRegex(@"^\$ ork (.+)$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex("""(?:('[^']*'|"[^"]*"|[^\s'"]+))+""")]
    private static partial Regex Word();
}
