using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>The package of the tool.</summary>
public sealed class PackageTests
{
    [Fact]
    public async Task The_package_is_a_tool_that_needs_nothing_else()
    {
        var directory = Directory.CreateTempSubdirectory("registry-packages-");
        try
        {
            var project = Path.Combine(RepositoryRoot.Directory, "src/OrleansRegistry.Cli");
            string[] arguments = ["pack", project, "-c", "Release", "--no-build", "--nologo", "-v", "quiet", "-o", directory.FullName];
            using var pack = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
            var output = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.True(pack.ExitCode == 0, output);

            await using var package = await ZipFile.OpenReadAsync(Assert.Single(directory.GetFiles("*.nupkg")).FullName);
            var files = package.Entries.Select(entry => entry.FullName).ToHashSet();
            Assert.Superset(
                new HashSet<string>
                {
                    "tools/net10.0/any/ork.dll", "tools/net10.0/any/OrleansRegistry.RestClient.dll",
                    "tools/net10.0/any/System.CommandLine.dll", "tools/net10.0/any/DotnetToolSettings.xml", "README.md",
                },
                files);
            await using var nuspec = await package.GetEntry("OrleansRegistry.Cli.nuspec")!.OpenAsync();
            var metadata = (await XDocument.LoadAsync(nuspec, LoadOptions.None, default)).Root!.Elements().First();
            Assert.Equal("DotnetTool", (string?)metadata.Descendants().Single(child => child.Name.LocalName == "packageType").Attribute("name"));
            Assert.DoesNotContain(metadata.Descendants(), child => child.Name.LocalName == "dependency");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
