using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The files at the root agree with each other and with the projects, and numbers that must be distinct are.</summary>
public sealed partial class RepositoryTests
{
    /// <summary>The events of a project's log begin here, and are less than a hundred (docs/operations.md).</summary>
    private static readonly Dictionary<string, int> FirstEvents = new()
    {
        ["Grains"] = 100,
        ["Gateway"] = 200,
        ["Storage"] = 300,
        ["Abstractions"] = 400,
        ["Host"] = 500,
        ["Artifacts"] = 600,
        ["Runtime"] = 700,
    };

    [Fact]
    public void Each_event_of_the_log_has_a_number_of_its_own_in_the_range_of_its_project()
    {
        var events = Directory.GetFiles(File("src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(
                file => Event().Matches(System.IO.File.ReadAllText(file)),
                (file, number) => (
                    Project: Path.GetRelativePath(File("src"), file).Split(Path.DirectorySeparatorChar)[0]["OrleansRegistry.".Length..],
                    Number: int.Parse(number.Groups[1].Value, CultureInfo.InvariantCulture)))
            .ToList();

        Assert.NotEmpty(events);
        Assert.Distinct(events.Select(each => each.Number));
        Assert.All(events, each => Assert.Equal((each.Project, FirstEvents[each.Project]), (each.Project, each.Number / 100 * 100)));
    }

    [Fact]
    public void The_solution_has_every_project_in_two_configurations_and_every_entry_ends()
    {
        var solution = System.IO.File.ReadAllText(File("OrleansRegistry.sln"));

        Assert.Equal(
            Directory.GetFiles(RepositoryRoot.Directory, "*.csproj", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(RepositoryRoot.Directory, file).Replace('/', '\\')).Order(StringComparer.Ordinal),
            Project().Matches(solution).Select(project => project.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Equal(Begin().Count(solution), End().Count(solution));
        Assert.DoesNotMatch("x64|x86", solution);
    }

    [Fact]
    public void The_version_of_the_build_is_the_one_that_images_documents_and_the_Python_package_name()
    {
        var version = XDocument.Load(File("Directory.Build.props")).Descendants("Version").Single().Value;
        var named = (IEnumerable<string>)
        [
            .. Tag().Matches(System.IO.File.ReadAllText(File("docker-compose.yml"))).Select(tag => tag.Groups[1].Value),
            .. NewTag().Matches(System.IO.File.ReadAllText(File("deploy/kubernetes/kustomization.yaml"))).Select(tag => tag.Groups[1].Value),
            .. System.IO.File.ReadLines(File("docs/operations.md")).Where(line => line.StartsWith("docker ", StringComparison.Ordinal))
                .SelectMany(line => Tag().Matches(line)).Select(tag => tag.Groups[1].Value),
            .. PackageVersion().Matches(System.IO.File.ReadAllText(File("src/OrleansRegistry.Client/README.md"))).Select(found => found.Groups[1].Value),
            .. Python().Matches(System.IO.File.ReadAllText(File("src/OrleansRegistry.Python/orleans_registry/_about.py"))).Select(found => found.Groups[1].Value),
        ];

        Assert.Equal(Enumerable.Repeat(version, 7), named);
        Assert.Equal(version, RegistryProgram.Version.Split('+')[0]);
    }

    [Fact]
    public void The_image_is_built_and_runs_on_the_release_of_NET_that_the_projects_are_for()
    {
        var framework = XDocument.Load(File("Directory.Build.props")).Descendants("TargetFramework").Single().Value.Replace("net", "", StringComparison.Ordinal);
        var bases = System.IO.File.ReadLines(File("Dockerfile")).Where(line => line.StartsWith("FROM ", StringComparison.Ordinal));

        Assert.Equal(["sdk:" + framework, "aspnet:" + framework], bases.Select(line => line.Split(' ')[1].Split('/')[^1]));
    }

    /// <summary>A mutant that no longer applies would be noticed only by the next long run.</summary>
    [Fact]
    public void Every_mutant_applies()
    {
        var patches = Directory.GetFiles(File("tests/OrleansRegistry.ClusterTests/Mutants"), "*.patch");

        Assert.NotEmpty(patches);
        Assert.All(patches, patch =>
        {
            using var check = Process.Start(new ProcessStartInfo("git", ["apply", "--check", patch])
            {
                WorkingDirectory = RepositoryRoot.Directory,
                RedirectStandardError = true,
            })!;
            var problem = check.StandardError.ReadToEnd();
            check.WaitForExit();
            Assert.True(check.ExitCode == 0, problem);
        });
    }

    [Fact]
    public void Lock_files_are_those_of_what_is_delivered()
    {
        Assert.Empty(Directory.GetFiles(File("tests"), "packages.lock.json", SearchOption.AllDirectories));
        Assert.All(Directory.GetFiles(File("src"), "*.csproj", SearchOption.AllDirectories), project =>
            Assert.True(System.IO.File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json")), project));
    }

    private static string File(string path) => Path.Combine(RepositoryRoot.Directory, path);

    [GeneratedRegex(@"LoggerMessage\((\d+)")]
    private static partial Regex Event();

    [GeneratedRegex(@"^Project\(.*""([^""]+\.csproj)""", RegexOptions.Multiline)]
    private static partial Regex Project();

    [GeneratedRegex(@"^Project\(", RegexOptions.Multiline)]
    private static partial Regex Begin();

    [GeneratedRegex(@"^EndProject\r?$", RegexOptions.Multiline)]
    private static partial Regex End();

    [GeneratedRegex(@"orleans-registry:(\d+\.\d+\.\d+)")]
    private static partial Regex Tag();

    [GeneratedRegex(@"newTag: (\S+)")]
    private static partial Regex NewTag();

    [GeneratedRegex(@"OrleansRegistry\.Client --version (\S+)")]
    private static partial Regex PackageVersion();

    [GeneratedRegex("__version__ = \"(.+)\"")]
    private static partial Regex Python();
}
