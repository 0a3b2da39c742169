using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>The package that programs get.</summary>
public sealed class PackageTests
{
    [Fact]
    public async Task The_package_says_what_it_is_and_brings_nothing_of_the_server()
    {
        var directory = Directory.CreateTempSubdirectory("registry-packages-");
        try
        {
            using var pack = Process.Start(new ProcessStartInfo(
                "dotnet",
                [
                    "pack", Path.Combine(RepositoryRoot.Directory, "src/OrleansRegistry.RestClient"), "-c", "Release",
                    "--no-build", "--nologo", "-v", "quiet",
                    "-o", directory.FullName,
                ])
            {
                RedirectStandardOutput = true,
            })!;
            var output = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.True(pack.ExitCode == 0, output);

            await using var package = await ZipFile.OpenReadAsync(
                Assert.Single(directory.GetFiles("*.nupkg")).FullName);
            var files = package.Entries.Select(entry => entry.FullName).ToList();
            Assert.Superset(
                new HashSet<string> { "lib/net10.0/OrleansRegistry.RestClient.dll", "lib/net10.0/OrleansRegistry.RestClient.xml", "README.md" },
                files.ToHashSet());
            await using var nuspec = await package.GetEntry("OrleansRegistry.RestClient.nuspec")!.OpenAsync();
            var metadata = (await XDocument.LoadAsync(nuspec, LoadOptions.None, default)).Root!.Elements().First();
            string Text(string element) => metadata.Elements().Single(child => child.Name.LocalName == element).Value;
            Assert.Equal(
                ("OrleansRegistry.RestClient", "MIT", "README.md"),
                (Text("id"), Text("license"), Text("readme")));
            Assert.NotEmpty(Text("description"));
            Assert.NotEmpty(Text("tags"));
            Assert.Equal(
                ["Microsoft.Extensions.Http"],
                metadata.Descendants().Where(child => child.Name.LocalName == "dependency").Select(
                    child => child.Attribute("id")!.Value));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
