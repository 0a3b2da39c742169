using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using OrleansRegistry.Host.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>
/// The settings are documented from the options: <c>docs/settings.schema.json</c> and the tables of <c>docs/settings.md</c>. To
/// write both anew after a change, run these tests with <c>REGISTRY_WRITE_SETTINGS=1</c>, and read the difference.
/// </summary>
public sealed partial class SettingsTests
{
    private const string Begin = "<!-- From the options: see SettingsTests. -->\n\n";
    private const string End = "<!-- To here. -->\n";

    private static readonly string Docs = Path.Combine(RepositoryRoot.Directory, "docs");

    private static readonly JsonSchema Schema = JsonSchema.FromText(SettingsDocument.Schema());

    public static TheoryData<string> ComposeNodes => [.. Deployments.ComposeNodes().Keys];

    [Fact]
    public async Task The_schema_is_the_one_that_is_checked_in() => await IsCheckedIn("settings.schema.json", _ => SettingsDocument.Schema());

    [Fact]
    public async Task The_page_has_every_setting_with_its_default() => await IsCheckedIn("settings.md", page =>
        page[..(page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)] + SettingsDocument.Tables()
        + page[page.IndexOf(End, StringComparison.Ordinal)..]);

    [Fact]
    public void No_section_has_two_settings_of_one_name() => Assert.Distinct(SettingsDocument.Settings.Select(setting => setting.Variable));

    [Fact]
    public void The_schema_takes_the_shipped_settings_and_no_unknown_ones()
    {
        Takes(JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "src", "OrleansRegistry.Host", "appsettings.json")))!);
        Takes(Tree(Deployments.Image));
        foreach (var deployment in Deployments.Objects().OfType<k8s.Models.V1Deployment>())
        {
            Takes(Tree(Deployments.Settings(deployment.Spec.Template.Spec)));
        }

        Assert.False(Schema.Evaluate(Tree(new Dictionary<string, string> { ["Registry__DataDirectry"] = "data" })).IsValid);
        Assert.False(Schema.Evaluate(Tree(new Dictionary<string, string> { ["Registry__Limits__Connections"] = "0" })).IsValid);
        Assert.False(Schema.Evaluate(Tree(new Dictionary<string, string> { ["Registry__Role"] = "boss" })).IsValid);
    }

    [Theory]
    [MemberData(nameof(ComposeNodes))]
    public void The_schema_takes_the_settings_of_the_compose_file(string name) => Takes(Tree(Deployments.ComposeNodes()[name].Settings));

    [Fact]
    public void Every_setting_that_a_manifest_or_a_script_names_is_there()
    {
        string[] files =
        [
            Path.Combine(RepositoryRoot.Directory, "docker-compose.yml"),
            Path.Combine(RepositoryRoot.Directory, "Dockerfile"),
            .. Directory.GetFiles(Path.Combine(RepositoryRoot.Directory, "deploy"), "*.yaml", SearchOption.AllDirectories),
            .. Directory.GetFiles(Path.Combine(RepositoryRoot.Directory, "deploy", "systemd")),
            .. Directory.GetFiles(Path.Combine(RepositoryRoot.Directory, "scripts"), "*.sh"),
        ];

        // A name that ends with underscores, "Registry__Calls__…", is the beginning of others.
        var unknown = files
            .SelectMany(file => Name().Matches(File.ReadAllText(file)), (file, name) => (File: Path.GetFileName(file), Name: name.Value))
            .Where(named => !SettingsDocument.Names.Any(setting => named.Name.EndsWith("__", StringComparison.Ordinal)
                ? setting.StartsWith(named.Name, StringComparison.Ordinal)
                : setting == named.Name));

        Assert.Empty(unknown);
    }

    private static void Takes(JsonNode settings)
    {
        var results = Schema.Evaluate(settings, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid, string.Join(", ", results.Details.Where(detail => detail.HasErrors).Select(detail => $"{detail.InstanceLocation}: {string.Join(' ', detail.Errors!.Values)}")));
    }

    /// <summary>Variables of the environment as they would stand in a file.</summary>
    private static JsonObject Tree(IEnumerable<KeyValuePair<string, string>> variables)
    {
        JsonObject root = [];
        foreach (var (name, value) in variables)
        {
            var path = name.Split("__");
            var node = root;
            foreach (var section in path[..^1])
            {
                node = (node[section] ??= new JsonObject()).AsObject();
            }

            node[path[^1]] = long.TryParse(value, out var number) ? number : bool.TryParse(value, out var flag) ? flag : value;
        }

        return root;
    }

    private static async Task IsCheckedIn(string name, Func<string, string> make)
    {
        var path = Path.Combine(Docs, name);
        var text = File.Exists(path) ? await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) : "";
        var made = make(text);
        if (Environment.GetEnvironmentVariable("REGISTRY_WRITE_SETTINGS") == "1")
        {
            await File.WriteAllTextAsync(path, text = made, TestContext.Current.CancellationToken);
        }

        Assert.Equal(text, made);
    }

    [GeneratedRegex(@"\bRegistry__[A-Za-z_]+")]
    private static partial Regex Name();
}
