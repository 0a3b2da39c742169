using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The bill of materials that <c>scripts/sbom.sh</c> writes.</summary>
public sealed class SbomTests
{
    [Fact]
    public async Task The_bill_of_materials_holds_each_package_of_each_lock_file_and_only_those()
    {
        var root = RepositoryRoot.Directory;

        var text = await Run(Path.Combine(root, "scripts", "sbom.sh"));

        var bill = JsonNode.Parse(text)!;
        Assert.Equal(("CycloneDX", "1.6"), ((string?)bill["bomFormat"], (string?)bill["specVersion"]));
        var components = bill["components"]!.AsArray().ToDictionary(
            component => (string)component!["purl"]!, component => (string)component!["properties"]![0]!["value"]!);
        Assert.Equivalent(Locked(root), components, strict: true);
        Assert.Contains(components.Keys, package => package.StartsWith("pkg:nuget/Microsoft.Orleans.Server@", StringComparison.Ordinal));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", (string?)bill["serialNumber"]);
        Assert.Equal("2026-03-01T04:05:06Z", (string?)bill["metadata"]!["timestamp"]);
        Assert.All(bill["components"]!.AsArray(), component =>
        {
            Assert.Matches("^[0-9a-f]{128}$", (string?)component!["hashes"]!.AsArray().Single(hash => (string?)hash!["alg"] == "SHA-512")!["content"]);
            var license = component["licenses"]!.AsArray().Single()!;
            Assert.False(string.IsNullOrEmpty((string?)(license["expression"] ?? license["license"]!["name"])));
        });
    }

    [Fact]
    public async Task Everything_in_the_bill_of_materials_can_be_reached_from_the_product()
    {
        var bill = JsonNode.Parse(await Run(Path.Combine(RepositoryRoot.Directory, "scripts", "sbom.sh")))!;
        var edges = bill["dependencies"]!.AsArray().ToDictionary(
            edge => (string)edge!["ref"]!, edge => edge!["dependsOn"]!.AsArray().Select(needed => (string)needed!).ToArray());
        var reached = new HashSet<string>();
        var open = new Stack<string>([(string)bill["metadata"]!["component"]!["bom-ref"]!]);
        while (open.TryPop(out var reference))
        {
            if (reached.Add(reference))
            {
                Array.ForEach(edges[reference], open.Push);
            }
        }

        Assert.Equal(edges.Keys.Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
        Assert.Equal(1 + bill["components"]!.AsArray().Count, edges.Count);
    }

    private static Dictionary<string, string> Locked(string root) => Directory
        .GetFiles(Path.Combine(root, "src"), "packages.lock.json", SearchOption.AllDirectories)
        .SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["dependencies"]!.AsObject())
        .SelectMany(target => target.Value!.AsObject())
        .Where(package => package.Value!["contentHash"] is not null)
        .DistinctBy(package => (package.Key, (string?)package.Value!["resolved"]))
        .ToDictionary(package => $"pkg:nuget/{package.Key}@{package.Value!["resolved"]}", package => (string)package.Value!["contentHash"]!);

    private static async Task<string> Run(string script)
    {
        var start = new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        // A build server that stays behind would hold on to the output.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["SOURCE_DATE_EPOCH"] = "1772337906";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return text;
    }
}
