using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Client.Tests;

/// <summary>What the package's README shows is compiled, here or as the sample service, and says what refusals are in HTTP.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_snippet_is_compiled_as_it_stands()
    {
        var compiled = Read("tests/OrleansRegistry.SampleService/Program.cs") + Read("tests/OrleansRegistry.Client.Tests/ReadmeTests.cs");

        var snippets = Snippet().Matches(Read("src/OrleansRegistry.Client/README.md")).Select(snippet => snippet.Groups[1].Value).ToList();

        Assert.Equal(Read("tests/OrleansRegistry.SampleService/Program.cs"), snippets[0]);
        Assert.All(snippets, snippet => Assert.Contains(snippet.TrimEnd(), compiled, StringComparison.Ordinal));
    }

    [Fact]
    public void The_program_of_a_silo_is_the_sample_that_is_run() => Assert.Equal(
        [Read("tests/OrleansRegistry.SampleSilo/Program.cs")],
        Snippet().Matches(Read("src/OrleansRegistry.Silo/README.md")).Select(snippet => snippet.Groups[1].Value));

    [Fact]
    public void A_second_workspace_is_added_by_name()
    {
        var builder = new { Services = new ServiceCollection() };

        builder.Services.AddModelRegistry("billing", registry => (registry.Name, registry.Workspace) = ("shop", "billing"));

        Assert.Contains(builder.Services, service => service.ServiceType == typeof(IModelRegistry) && Equals(service.ServiceKey, "billing"));
    }

    [Fact]
    public void A_refusal_has_the_status_and_title_of_the_HTTP_interface_and_one_of_a_newer_registry_is_500()
    {
        var refusal = new RegistryError(ErrorCode.NoMatchingVersion, "No version of iris matches ^7.");
        Assert.Equal((404, "No version matches the selector"), (refusal.GetHttpStatus(), refusal.GetTitle()));

        var unknown = new RegistryError("made_up", "Who knows.");
        Assert.Equal((500, "made_up"), (unknown.GetHttpStatus(), unknown.GetTitle()));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Testing.RepositoryRoot.Directory, path));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
