using System.CommandLine;
using System.Text;
using OrleansRegistry.Cli.Output;

namespace OrleansRegistry.Cli.Tests;

/// <summary>What the commands say of themselves.</summary>
public sealed class HelpTests(Node node)
{
    [Fact]
    public async Task The_help_of_every_command_is_as_it_stands_in_the_tree()
    {
        var all = new StringBuilder();
        foreach (var path in Paths())
        {
            all.Append("$ ork ").Append(path).Append(path.Length == 0 ? "--help\n" : " --help\n");
            all.Append((await node.Ork([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])).Data);
        }

        Golden.Verify("help.txt", string.Join('\n', all.ToString().Split('\n').Select(line => line.TrimEnd())));
    }

    [Fact]
    public async Task The_version_is_that_of_the_program()
    {
        Assert.StartsWith("0.", (await node.Ork("--version")).Data, StringComparison.Ordinal);
        Assert.Equal((await node.Ork("--help")).Data, (await node.Ork()).Data);
    }

    [Theory]
    [InlineData("ork pro", "promote")]
    [InlineData("ork keys ", "create list revoke rotate")]
    [InlineData("ork versions iris --state ", "deleted draft inactive published")]
    [InlineData("ork completion ", "bash fish zsh")]
    [InlineData("ork", "")]
    public async Task Words_are_completed(string line, string expected)
    {
        var found = (await node.Ork("complete", $"{line.Length}", line)).Data.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word[0] != '-' && word[0] != '/').Order(StringComparer.Ordinal);

        Assert.Equal(expected, expected.Length == 0 ? "" : string.Join(' ', found));
    }

    internal static List<string> Paths()
    {
        using var input = new MemoryStream();
        var root = Cli.Ork.Build(
            new Terminal { Output = Stream.Null, Error = TextWriter.Null, Input = input, Variable = _ => null });
        List<string> paths = [];
        Add(root, "");
        return paths;

        void Add(Command command, string path)
        {
            paths.Add(path);
            foreach (var below in command.Subcommands.Where(below => !below.Hidden).OrderBy(below => below.Name, StringComparer.Ordinal))
            {
                Add(below, $"{path} {below.Name}".Trim());
            }
        }
    }
}
