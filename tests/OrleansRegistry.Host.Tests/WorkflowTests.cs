using System.Text.RegularExpressions;
using OrleansRegistry.Host.Tests.Infrastructure;
using Job = System.Collections.Generic.IReadOnlyDictionary<string, object>;

namespace OrleansRegistry.Host.Tests;

/// <summary>
/// The workflows run what is there, run nothing that can change under them, and have no right too many.
/// </summary>
public sealed partial class WorkflowTests
{
    public static TheoryData<string> Names => [.. Workflows.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_action_is_one_commit_with_its_version_beside_it_or_a_workflow_of_this_repository(string name) =>
        Assert.All(
            Workflows.Lines(name).Where(line => line.Contains("uses:", StringComparison.Ordinal)),
            line => Assert.True(
                Pinned().IsMatch(line)
                    || (Local().Match(line) is { Success: true } local && Workflows.Exists(local.Groups["path"].Value)),
                line));

    [Fact]
    public void An_action_is_the_same_commit_wherever_it_is_used() => Assert.All(
        Workflows.Names.SelectMany(Workflows.Lines).Select(line => Pinned().Match(line)).Where(use => use.Success)
            .GroupBy(use => use.Groups["owner"].Value, use => use.Groups["commit"].Value),
        uses => Assert.Single(uses.Distinct()));

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_workflow_may_only_read_and_each_job_names_what_it_may_write(string name)
    {
        Assert.Equal(
            new Dictionary<string, object> { ["contents"] = "read" }, Workflows.Map(Workflows.Read(name)["permissions"]));
        Assert.All(
            Workflows.Jobs(name).Where(job => job.ContainsKey("permissions")),
            job => Assert.All(
                Workflows.Map(job["permissions"]).Values,
                right => Assert.Contains(right, (string[])["read", "write"])));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_job_ends_and_what_it_checks_out_has_no_credentials(string name) => Assert.All(
        Workflows.Jobs(name),
        job =>
        {
            Assert.True(job.ContainsKey("uses") || job.ContainsKey("timeout-minutes"));
            Assert.All(
                Workflows.Steps(job).Where(ChecksOut),
                step => Assert.Equal("false", Workflows.Map(step["with"])["persist-credentials"]));
        });

    /// <summary>A value in a script's text could be more of the script.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Scripts_get_values_from_their_environment_only(string name) => Assert.All(
        Workflows.Jobs(name).SelectMany(Workflows.Steps).Select(step => step.GetValueOrDefault("run") as string ?? ""),
        script => Assert.DoesNotContain("${{", script, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_script_and_path_that_a_workflow_names_exists(string name) => Assert.All(
        Workflows.Lines(name).SelectMany(line => RepositoryPath().Matches(line)).Select(match => match.Value.TrimEnd('.')),
        path => Assert.True(Workflows.Exists(path), path));

    [Fact]
    public void A_workflow_is_known_by_the_name_of_its_file() =>
        Assert.All(Workflows.Names, name => Assert.Equal($"{Workflows.Read(name)["name"]}.yml", name));

    [Fact]
    public void Updates_are_looked_for_wherever_something_of_others_is_named()
    {
        var updates = Workflows.Updates()
            .ToDictionary(update => (string)update["package-ecosystem"], Workflows.Directories);

        Assert.Equal(
            ["docker", "docker-compose", "github-actions", "npm", "nuget"], updates.Keys.Order(StringComparer.Ordinal));
        Assert.All(updates.Where(update => update.Key != "npm"), update => Assert.Equal(["/"], update.Value));
        Assert.Equal(
            Workflows.Folders("tests/clients").Select(folder => $"/tests/clients/{folder}"),
            updates["npm"].Order(StringComparer.Ordinal));
    }

    private static bool ChecksOut(Job step) =>
        step.GetValueOrDefault("uses") is string action && action.StartsWith("actions/checkout@", StringComparison.Ordinal);

    [GeneratedRegex(
        @"^\s*(?:- )?uses: (?<owner>[\w.-]+/[\w.-]+)(?:/[\w./-]+)?@(?<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"^\s*uses: \./(?<path>\.github/workflows/[\w-]+\.yml)$")]
    private static partial Regex Local();

    [GeneratedRegex(
        @"(?<![\w./-])(?:(?:\.ci|\.github|scripts|src|tests|deploy|docs)/[\w./-]+|global\.json|Dockerfile"
        + @"|docker-compose\.yml|CHANGELOG\.md)(?![\w/-])")]
    private static partial Regex RepositoryPath();
}
