using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>The snippets of the package's README are compiled here as they stand.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_snippet_is_compiled_as_it_stands()
    {
        var compiled = Plain(Read("tests/OrleansRegistry.RestClient.Tests/ReadmeTests.cs"));

        var snippets = Snippet().Matches(Read("src/OrleansRegistry.RestClient/README.md")).Select(snippet => Plain(snippet.Groups[1].Value)).ToList();

        Assert.Equal(2, snippets.Count);
        Assert.All(snippets, snippet => Assert.Contains(snippet, compiled, StringComparison.Ordinal));
    }

    [Fact]
    public void The_client_of_a_service_has_the_settings_of_its_configuration()
    {
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
            [KeyValuePair.Create("ModelRegistry:Url", (string?)"http://127.0.0.1:5080")]);

        builder.Services.AddRegistryRestClient(registry =>
        {
            registry.Url = new Uri(builder.Configuration["ModelRegistry:Url"]!);
            registry.ApiKey = builder.Configuration["ModelRegistry:ApiKey"];
        });

        using var app = builder.Services.BuildServiceProvider();
        Assert.NotNull(app.GetRequiredService<RegistryRestClient>());
    }

    /// <summary>The first snippet. ClientTests do the same on a node.</summary>
    internal static async Task First()
    {
        using var registry = new RegistryRestClient(new RegistryRestClientOptions
        {
            Url = new Uri("http://127.0.0.1:5080"),
            ApiKey = Environment.GetEnvironmentVariable("ORK_API_KEY"),
        });

        var version = await registry.Deploy(new Deployment
        {
            ModelName = "iris",
            Serving = new ServingSpec
            {
                Url = "http://127.0.0.1:5090/predict",
                HealthUrl = "http://127.0.0.1:5090/health",
            },
            Publish = true,
        });
        await registry.WaitForVersion(version.Id, TimeSpan.FromMinutes(15));

        var answer = await registry.Predict("iris", CallContent.Json("""{"instances": [[6.3, 3.3, 4.7, 1.6]]}"""));
        Console.WriteLine($"{answer.ReadJson()} from {answer.Number}");

        await foreach (var model in registry.ListModels())
        {
            Console.WriteLine($"{model.Name} {model.LatestVersion}");
        }
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(RepositoryRoot.Directory, path));

    /// <summary>A text without its indentation, and without the import that stands in the file's head anyway.</summary>
    private static string Plain(string text) =>
        Indentation().Replace(text.Replace("using OrleansRegistry.RestClient;\n\n", "", StringComparison.Ordinal), "");

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex("^ +", RegexOptions.Multiline)]
    private static partial Regex Indentation();
}
