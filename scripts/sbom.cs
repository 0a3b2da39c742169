// Writes the software bill of materials, CycloneDX 1.6 in JSON, to standard output: every package of the lock files under src/.
// Run it by sbom.sh. The same lock files and instant give the same bytes; nothing is asked of the network.
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
#:property ManagePackageVersionsCentrally=false
#:property GenerateDocumentationFile=false
#:property RunAnalyzers=false

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

if (args is not [var root])
{
    Console.Error.WriteLine("usage: sbom.cs DIRECTORY");
    return 2;
}

const string Product = "OrleansRegistry";
var version = XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("Version").Single().Value;
var product = $"pkg:nuget/{Product}@{version}";
var hashes = new SortedDictionary<string, (string Name, string Version, string Hash)>(StringComparer.Ordinal);
var edges = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal) { [product] = new(StringComparer.Ordinal) };

foreach (var file in Directory.GetFiles(Path.Combine(root, "src"), "packages.lock.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
{
    var targets = JsonNode.Parse(File.ReadAllText(file))!["dependencies"]!.AsObject();
    foreach (var (_, target) in targets)
    {
        // Projects of this repository are the product itself.
        var packages = target!.AsObject()
            .Where(package => (string)package.Value!["type"]! != "Project")
            .ToDictionary(package => package.Key, package => package.Value!, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, package) in packages)
        {
            var reference = Reference(name, package);
            hashes[reference] = (name, (string)package["resolved"]!, (string)package["contentHash"]!);
            if (!edges.TryGetValue(reference, out var needs))
            {
                edges[reference] = needs = new SortedSet<string>(StringComparer.Ordinal);
            }

            // What the runtime itself brings is named as a dependency, but not resolved.
            needs.UnionWith((package["dependencies"]?.AsObject() ?? [])
                .Where(needed => packages.ContainsKey(needed.Key))
                .Select(needed => Reference(needed.Key, packages[needed.Key])));
            if ((string)package["type"]! == "Direct")
            {
                edges[product].Add(reference);
            }
        }
    }
}

var instant = DateTimeOffset.FromUnixTimeSeconds(
    long.Parse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH")!, CultureInfo.InvariantCulture));
var bill = new JsonObject
{
    ["$schema"] = "http://cyclonedx.org/schema/bom-1.6.schema.json",
    ["bomFormat"] = "CycloneDX",
    ["specVersion"] = "1.6",
    ["serialNumber"] = $"urn:uuid:{SerialNumber(product, hashes.Values.Select(package => package.Hash))}",
    ["version"] = 1,
    ["metadata"] = new JsonObject
    {
        ["timestamp"] = instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["component"] = new JsonObject
        {
            ["type"] = "application",
            ["bom-ref"] = product,
            ["name"] = Product,
            ["version"] = version,
            ["licenses"] = new JsonArray(new JsonObject { ["license"] = new JsonObject { ["id"] = "MIT" } }),
        },
    },
    ["components"] = new JsonArray([.. hashes.Select(package => new JsonObject
    {
        ["type"] = "library",
        ["bom-ref"] = package.Key,
        ["name"] = package.Value.Name,
        ["version"] = package.Value.Version,
        ["hashes"] = new JsonArray(new JsonObject
        {
            ["alg"] = "SHA-512",
            ["content"] = FileHash(package.Value.Name, package.Value.Version),
        }),
        ["licenses"] = new JsonArray(License(package.Value.Name, package.Value.Version)),
        ["purl"] = package.Key,
        // NuGet's hash leaves the signature out, so it is not the hash of the package's file.
        ["properties"] = new JsonArray(new JsonObject { ["name"] = "nuget:contentHash", ["value"] = package.Value.Hash }),
    })]),
    ["dependencies"] = new JsonArray([.. edges.Select(edge => new JsonObject
    {
        ["ref"] = edge.Key,
        ["dependsOn"] = new JsonArray([.. edge.Value.Select(needed => JsonValue.Create(needed))]),
    })]),
};
Console.WriteLine(bill.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
return 0;

static string Reference(string name, JsonNode package) => $"pkg:nuget/{name}@{(string)package["resolved"]!}";

// A UUID of version 8 of what is in the bill: the same bill has the same one.
static Guid SerialNumber(string product, IEnumerable<string> hashes)
{
    var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', hashes.Prepend(product)))).AsSpan(0, 16);
    bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
    bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
    return new Guid(bytes, bigEndian: true);
}

// Where NuGet keeps a package that was restored.
static string Folder(string name, string version)
{
    var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
    return Path.Combine(packages, name.ToLowerInvariant(), version.ToLowerInvariant());
}

// Of the package's file, as it came.
static string FileHash(string name, string version)
{
    var file = Path.Combine(Folder(name, version), $"{name}.{version}.nupkg.sha512".ToLowerInvariant());
    return Convert.ToHexStringLower(Convert.FromBase64String(File.ReadAllText(file)));
}

// What the package says: an expression of SPDX, or that it has a text of its own.
static JsonObject License(string name, string version)
{
    var file = Path.Combine(Folder(name, version), $"{name}.nuspec".ToLowerInvariant());
    var license = XDocument.Load(file).Descendants().Single(element => element.Name.LocalName == "license");
    return (string?)license.Attribute("type") == "expression"
        ? new JsonObject { ["expression"] = license.Value }
        : new JsonObject { ["license"] = new JsonObject { ["name"] = $"the text in the package's file {license.Value}" } };
}
