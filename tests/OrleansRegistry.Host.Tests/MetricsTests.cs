using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>What a node answers to who fetches its metrics, and the files that go by it.</summary>
public sealed partial class MetricsTests
{
    private static readonly string Rules = Path.Combine(RepositoryRoot.Directory, "deploy", "prometheus", "alerts.yaml");

    private static readonly string Dashboard = Path.Combine(RepositoryRoot.Directory, "deploy", "grafana", "dashboard.json");

    [Fact]
    [Trait("Database", "PostgreSQL")]
    public async Task Alerts_and_dashboard_ask_only_for_metrics_and_labels_that_a_node_serves()
    {
        await using var database = await TestDatabase.Postgres();
        var port = RegistryProcess.FreePort();
        var (process, client) = await RegistryProcess.Start(
            NodeSettings.On(database) with { Arguments = [$"--Registry:MetricsPort={port}"] });
        using (process)
        using (client)
        {
            (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "m" }))
                .MustBe(HttpStatusCode.Created);
            var served = await Fetch(port);

            // The job and the instance are the scraper's own.
            var known = Sample().Matches(served).Select(sample => sample.Groups["name"].Value).Append("up").ToHashSet();
            var labels = Label().Matches(served).Select(label => label.Groups["name"].Value).Append("job").ToHashSet();
            var queries = Queries();
            // Each query says which job it is about, so a brace is behind each name.
            Assert.True(queries.Count > 20, $"{queries.Count} queries were found.");
            Assert.All(queries, query =>
            {
                var names = Metric().Matches(query).Select(name => name.Value).ToList();
                Assert.NotEmpty(names);
                Assert.All(names, name => Assert.Contains(name, known));
                Assert.All(Matcher().Matches(query), label => Assert.Contains(label.Groups["name"].Value, labels));
            });
        }
    }

    [Fact]
    public async Task Metrics_are_on_their_own_port_only_and_nothing_else_is_there()
    {
        await using var database = TestDatabase.Sqlite();
        var port = RegistryProcess.FreePort();
        var settings = NodeSettings.On(database);
        var (process, client) = await RegistryProcess.Start(settings with { Arguments = [$"--Registry:MetricsPort={port}"] });
        using (process)
        using (client)
        {
            // What has not happened yet is there, with 0: else its first time would be no growth.
            var served = await Fetch(port);
            foreach (var code in (string[])["unauthenticated", "forbidden", "rate_limited"])
            {
                Assert.Contains($"code=\"{code}\"}} 0", served, StringComparison.Ordinal);
            }

            using var other = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            other.DefaultRequestHeaders.Authorization = client.DefaultRequestHeaders.Authorization;
            Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync("/v1/models")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await client.Call(HttpMethod.Get, "/metrics")).Status);
        }

        var (exitCode, output) = await RegistryProcess.RunToEnd(
            settings with { Arguments = [$"--Registry:HealthPort={port}", $"--Registry:MetricsPort={port}"] });
        Assert.Equal(1, exitCode);
        Assert.Contains($"Registry:MetricsPort is {port}, where something else listens", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check", "rules", "alerts.yaml")]
    [InlineData("check", "config", "prometheus.yaml")]
    [InlineData("test", "rules", "alerts.test.yaml")]
    public async Task Prometheus_takes_the_alerts_and_raises_them_on_what_faults_look_like(string verb, string what, string file)
    {
        using var tool = Start("promtool", verb, what, Path.Combine(Path.GetDirectoryName(Rules)!, file));
        Assert.NotNull(tool);
        var told = await tool.StandardOutput.ReadToEndAsync() + await tool.StandardError.ReadToEndAsync();
        await tool.WaitForExitAsync();
        Assert.True(tool.ExitCode == 0, told);
    }

    [Fact]
    public void Each_alert_leads_to_its_section_and_is_tried()
    {
        var rules = File.ReadAllText(Rules);
        var told = File.ReadAllLines(Path.Combine(RepositoryRoot.Directory, "docs", "operations.md"))
            .Where(line => line.StartsWith("### ", StringComparison.Ordinal))
            .Select(line => NoWord().Replace(line[4..], "").Replace(' ', '-'))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var tried = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Rules)!, "alerts.test.yaml"));

        var alerts = Alert().Matches(rules).Select(alert => alert.Groups["name"].Value).ToList();
        var runbooks = Runbook().Matches(rules).Select(runbook => runbook.Groups["section"].Value).ToList();
        Assert.Equal(alerts.Count, runbooks.Count);
        Assert.All(runbooks, section => Assert.Contains(section, told));
        Assert.All(alerts, name => Assert.Contains(name, tried, StringComparison.Ordinal));
    }

    private static async Task<string> Fetch(int port)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/metrics");
    }

    /// <summary>The expressions of the alerts and of the dashboard.</summary>
    private static List<string> Queries() =>
    [
        .. Expression().Matches(File.ReadAllText(Rules)).Select(expression => expression.Groups["text"].Value),
        .. JsonNode.Parse(File.ReadAllText(Dashboard))!["panels"]!.AsArray()
            .SelectMany(panel => panel!["targets"]?.AsArray() ?? [])
            .Select(target => (string)target!["expr"]!),
    ];

    private static Process? Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception e) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"{program} is missing (apt-get install prometheus): {e.Message}");
            return null;
        }
    }

    [GeneratedRegex("""^(?<name>[a-z]\w*)(?:\{| )""", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("""[{,](?<name>\w+)="[^"]*""")]
    private static partial Regex Label();

    [GeneratedRegex(@"\w+(?=\{)")]
    private static partial Regex Metric();

    [GeneratedRegex("""[{,](?<name>\w+)(?:=|!=|=~|!~)"[^"]*""")]
    private static partial Regex Matcher();

    [GeneratedRegex("""^ +expr: (?:>-\n)?(?<text>(?:.+\n)(?: {10}.+\n)*)""", RegexOptions.Multiline)]
    private static partial Regex Expression();

    [GeneratedRegex("""^ +- alert: (?<name>\w+)$""", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex("""^ +runbook: docs/operations\.md#(?<section>\S+)$""", RegexOptions.Multiline)]
    private static partial Regex Runbook();

    [GeneratedRegex(@"[^\w -]")]
    private static partial Regex NoWord();
}
