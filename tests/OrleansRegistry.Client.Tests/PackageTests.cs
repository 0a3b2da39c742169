using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace OrleansRegistry.Client.Tests;

/// <summary>The packages that services get.</summary>
public sealed class PackageTests
{
    private static readonly string Source = Path.GetFullPath(
        typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Source").Value!, AppContext.BaseDirectory);

    [Theory]
    [InlineData("OrleansRegistry.Client", "Microsoft.Orleans.Client", "OrleansRegistry.Abstractions")]
    [InlineData("OrleansRegistry.Silo", "Microsoft.Data.Sqlite", "Microsoft.Orleans.Server", "Npgsql", "OrleansRegistry.Abstractions", "OrleansRegistry.Client")]
    [InlineData("OrleansRegistry.Abstractions", "Microsoft.Orleans.Connections.Security", "Microsoft.Orleans.Sdk", "Semver", "System.IO.Hashing")]
    public async Task A_package_says_what_it_is_and_brings_what_it_needs(string name, params string[] dependencies)
    {
        var directory = Directory.CreateTempSubdirectory("registry-packages-");
        try
        {
            using var pack = Process.Start(new ProcessStartInfo(
                "dotnet", ["pack", Path.Combine(Source, name), "-c", "Release", "--no-build", "--nologo", "-v", "quiet", "-o", directory.FullName])
            {
                RedirectStandardOutput = true,
            })!;
            var output = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.True(pack.ExitCode == 0, output);

            await using var package = await ZipFile.OpenReadAsync(Assert.Single(directory.GetFiles("*.nupkg")).FullName);
            var files = package.Entries.Select(entry => entry.FullName).ToList();
            Assert.Contains($"lib/net10.0/{name}.dll", files);
            Assert.Contains($"lib/net10.0/{name}.xml", files);
            Assert.Contains("README.md", files);
            Assert.Single(directory.GetFiles("*.snupkg"));

            await using var nuspec = await package.GetEntry($"{name}.nuspec")!.OpenAsync();
            var metadata = (await XDocument.LoadAsync(nuspec, LoadOptions.None, default)).Root!.Elements().First();
            string Text(string element) => metadata.Elements().Single(child => child.Name.LocalName == element).Value;
            Assert.Equal((name, "MIT", "README.md"), (Text("id"), Text("license"), Text("readme")));
            Assert.NotEmpty(Text("description"));
            Assert.NotEmpty(Text("tags"));
            var brought = metadata.Descendants().Where(child => child.Name.LocalName == "dependency").Select(child => child.Attribute("id")!.Value).ToHashSet();
            Assert.Superset(dependencies.ToHashSet(), brought);
            Assert.DoesNotContain(brought, id => id.Contains("Analyzers", StringComparison.Ordinal));
            // What is no package of its own is in this one.
            var locked = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Source, name, "packages.lock.json")))!["dependencies"]!["net10.0"]!;
            Assert.All(
                locked.AsObject().Where(entry => (string?)entry.Value!["type"] == "Project").Select(entry => entry.Key),
                project => Assert.True(
                    brought.Contains(project, StringComparer.OrdinalIgnoreCase)
                        || files.Contains($"lib/net10.0/{project}.dll", StringComparer.OrdinalIgnoreCase),
                    project));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
