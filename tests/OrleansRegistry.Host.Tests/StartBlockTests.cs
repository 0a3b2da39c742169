using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using OrleansRegistry.Runtime;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The lines that a node prints once it has started.</summary>
public sealed class StartBlockTests : IAsyncLifetime
{
    private static readonly ProcessRunner Runner =
        new(new RuntimeOptions { Enabled = false }, new RunnerPlace { DataDirectory = "/data", RunDirectory = "/data/run" }, TimeProvider.System);

    private readonly TestDatabase _database = TestDatabase.Sqlite();

    private string AdminKeyFile => Path.Combine(_database.Options.DataDirectory, "admin-key");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_node_says_its_version_where_everything_is_and_a_command_that_works_when_it_is_pasted()
    {
        using var process = RegistryProcess.Run(NodeSettings.On(_database) with
        {
            HasOperatorKey = false,
            Arguments = ["--Registry:Runtime:Enabled=true", "--Registry:Runtime:Isolation=none", "--Registry:Runtime:Python:science=/nowhere/python"],
        });
        await process.WaitForOutput("  try ");
        var address = process.Address.GetLeftPart(UriPartial.Authority);

        var lines = process.Output.Split(Environment.NewLine);
        var block = lines.SkipWhile(line => !line.StartsWith("OrleansRegistry ", StringComparison.Ordinal)).Take(9).ToArray();
        Assert.Equal(
            [
                $"OrleansRegistry {RegistryProgram.Version} has started.",
                $"  address       {address}",
                "  role          both",
                $"  database      The SQLite file {Path.Combine(_database.Options.DataDirectory, "registry.db")}",
                $"  key           in the file {AdminKeyFile}",
                "  environments  onnx",
                $"  console       {address}/console",
                $"  docs          {address}/scalar",
                $"  try           curl -H \"Authorization: Bearer $(cat '{AdminKeyFile}')\" {address}/v1/models",
            ],
            block);
        Assert.Empty(JsonNode.Parse(await Paste(block[^1]["  try           ".Length..]))!["items"]!.AsArray());
        Assert.DoesNotContain(await File.ReadAllTextAsync(AdminKeyFile, TestContext.Current.CancellationToken), process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_for_programs_have_no_lines_for_people()
    {
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(_database) with { Arguments = ["--Logging:Console:FormatterName=json"] });
        using (process)
        using (client)
        {
            await client.Read("/v1/models");
            await process.Signal("TERM");
            await process.WaitForExit();
            Assert.All(process.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), line => Assert.NotNull(JsonNode.Parse(line)));
        }
    }

    [Fact]
    public void A_key_of_the_settings_is_named_but_not_shown()
    {
        var key = ApiKey.Create();

        var block = Block([], ("Registry:Auth:AdminKey", key));

        Assert.Contains("key           in the setting Registry__Auth__AdminKey", block, StringComparison.Ordinal);
        Assert.EndsWith("curl -H \"Authorization: Bearer $Registry__Auth__AdminKey\" http://127.0.0.1:5080/v1/models", block, StringComparison.Ordinal);
        Assert.DoesNotContain(key, block, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_key_at_hand_the_command_asks_for_health()
    {
        var block = Block([]);

        Assert.Contains("key           made before", block, StringComparison.Ordinal);
        Assert.EndsWith("curl http://127.0.0.1:5080/health/ready", block, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_listens_everywhere_is_asked_by_a_name_that_it_takes_and_not_at_its_port_for_health()
    {
        var block = Block(
            ["http://[::]:8081", "http://[::]:5080"],
            ("urls", "http://*:5080"), ("Registry:HealthPort", "8081"), ("Registry:AllowedHosts", "*.example.com;registry.example.com"));

        Assert.Contains($"address       http://[::]:5080{Environment.NewLine}", block, StringComparison.Ordinal);
        Assert.Contains("docs          http://registry.example.com:5080/scalar", block, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_without_the_API_reference_names_none()
    {
        var block = Block([], ("Registry:Scalar", "false"));

        Assert.DoesNotContain("docs", block, StringComparison.Ordinal);
        Assert.Contains("/console", block, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silo_has_neither_key_nor_docs()
    {
        var block = Block(
            [], ("Registry:Role", "silo"), ("Registry:ClientPort", "30000"), ("ConnectionStrings:Registry", "Host=db"), ("Registry:InsecureCluster", "true"),
            ("Registry:Auth:Secret", Convert.ToBase64String(new byte[32])));

        Assert.Contains("role          silo", block, StringComparison.Ordinal);
        Assert.DoesNotContain("key ", block, StringComparison.Ordinal);
        Assert.DoesNotContain("docs", block, StringComparison.Ordinal);
        Assert.EndsWith("curl http://127.0.0.1:5080/health/ready", block, StringComparison.Ordinal);
    }

    private string Block(string[] addresses, params (string Name, string Value)[] settings) => StartBlock.Of(
        RegistrySettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings
            .Append(("Registry:DataDirectory", _database.Options.DataDirectory))
            .Select(setting => KeyValuePair.Create(setting.Item1, (string?)setting.Item2))).Build()),
        addresses is [] ? ["http://127.0.0.1:5080"] : addresses,
        "A database",
        Runner);

    private static async Task<string> Paste(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var answer = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return answer;
    }
}
