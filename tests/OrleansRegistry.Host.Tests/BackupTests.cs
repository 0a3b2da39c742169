using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansRegistry.Host.Tests.Infrastructure;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>A backup is taken while the real executable is at work, and another node goes on from it.</summary>
public abstract class BackupTests
{
    private const int Deployers = 4;
    private const string Model = "Shared model";

    /// <summary>An empty database.</summary>
    private protected abstract Task<TestDatabase> EmptyDatabase();

    /// <summary>Takes a backup of a running node.</summary>
    private protected abstract Task Backup(NodeSettings node, string file);

    /// <summary>Puts a backup in the place of an empty database.</summary>
    private protected abstract Task Restore(string file, StorageOptions empty);

    [Fact]
    public async Task E1_N5_a_node_goes_on_from_a_backup_that_was_taken_under_load_and_has_all_that_was_acknowledged_before()
    {
        await using var database = await EmptyDatabase();
        await using var restored = await EmptyDatabase();
        var settings = NodeSettings.On(database);
        var file = Path.Combine(restored.Options.DataDirectory, "backup");
        var deployers = Enumerable.Range(0, Deployers).Select(index => new SharedDeployer(Model, $"deployer-{index}")).ToArray();
        string key;
        string[] before;
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var made = await client.Call(HttpMethod.Post, "/v1/api_keys", new JsonObject { ["name"] = "before", ["role"] = "admin" });
            key = (string)made.MustBe(HttpStatusCode.Created).Body!["key"]!;
            before = await BackUpUnderLoad(process, client, deployers, () => Backup(settings, file));
        }

        await Restore(file, restored.Options);
        File.Copy(Path.Combine(settings.DataDirectory, "secret"), Path.Combine(restored.Options.DataDirectory, "secret"));
        var other = NodeSettings.On(restored) with { HasOperatorKey = false };
        var (sound, findings) = await RegistryProcess.RunToEnd(other, "check");
        Assert.True(sound == 0, findings);
        var (second, reader) = await RegistryProcess.Start(other);
        using (second)
        using (reader)
        {
            reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            await GoOn(reader, before, deployers[0]);
            await second.Kill();
        }

        var (stillSound, report) = await RegistryProcess.RunToEnd(other, "check");
        Assert.True(stillSound == 0, report);
    }

    /// <summary>Takes a backup while deployments go on; answers those that were acknowledged before it began.</summary>
    private static async Task<string[]> BackUpUnderLoad(RegistryProcess process, HttpClient client, SharedDeployer[] deployers, Func<Task> backUp)
    {
        var fuse = new Fuse(200);
        Task[] work = [.. deployers.Select(deployer => deployer.Work(client, fuse))];
        await fuse.Burnt;
        string[] before = [.. deployers.SelectMany(deployer => Enumerable.Range(0, deployer.Acknowledged).Select(index => deployer.Ids[index]))];
        await backUp();
        Assert.True(deployers.Sum(deployer => deployer.Acknowledged) > before.Length, "Nothing was deployed while the backup was taken.");
        await process.Kill();
        await Task.WhenAll(work);
        return before;
    }

    private static async Task GoOn(HttpClient client, string[] before, SharedDeployer deployer)
    {
        var model = (await client.Read($"/v1/models?name={Uri.EscapeDataString(Model)}"))["items"]![0]!;
        var versions = await client.ReadAll($"/v1/models/{model["id"]}/versions");
        Assert.Subset(versions.Select(version => (string)version["id"]!).ToHashSet(), before.ToHashSet());
        Assert.Equal(
            Enumerable.Range(1, versions.Count).Select(minor => $"0.{minor}.0").ToHashSet(), versions.Select(version => (string)version["version"]!).ToHashSet());

        var again = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = Model }, $"{deployer.Prefix}-0");
        Assert.Equal(deployer.Ids[0], (string?)again.Body!["id"]);
        var next = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = Model });
        Assert.Equal($"0.{versions.Count + 1}.0", (string?)next.MustBe(HttpStatusCode.Created).Body!["version"]);

        // Positions go on where they were: whoever follows them misses nothing.
        var positions = (await client.ReadAll("/v1/events")).ConvertAll(happened => (string)happened["id"]!);
        Assert.Equal(Enumerable.Range(1, positions.Count).Select(position => $"{position}"), positions);
    }
}

public sealed class SqliteBackupTests : BackupTests
{
    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_backup_is_for_its_user_only_and_never_in_the_place_of_another_file()
    {
        await using var database = TestDatabase.Sqlite();
        var settings = NodeSettings.On(database);
        var file = Path.Combine(settings.DataDirectory, "backup");
        var (nothing, why) = await RegistryProcess.RunToEnd(settings, "backup", file);
        Assert.Equal((1, false), (nothing, File.Exists(file)));
        Assert.Contains("can't be copied", why, StringComparison.Ordinal);
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var (written, told) = await RegistryProcess.RunToEnd(settings, "backup", file);
            Assert.True(written == 0, told);
            Assert.Contains($"Keep {Path.Combine(settings.DataDirectory, "secret")} with it", told, StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            var first = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });

            var (refused, output) = await RegistryProcess.RunToEnd(settings, "backup", file);

            Assert.Equal(1, refused);
            Assert.Contains($"No backup was made. {file} is there already.", output, StringComparison.Ordinal);
            Assert.Equal(first, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal([file], Directory.GetFiles(settings.DataDirectory, "backup*"));
        }
    }

    private protected override Task<TestDatabase> EmptyDatabase() => Task.FromResult(TestDatabase.Sqlite());

    private protected override async Task Backup(NodeSettings node, string file)
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(node, "backup", file);
        Assert.True(exitCode == 0, output);
    }

    private protected override Task Restore(string file, StorageOptions empty)
    {
        File.Move(file, Path.Combine(empty.DataDirectory, StorageOptions.FileName));
        return Task.CompletedTask;
    }
}

[Trait("Database", "PostgreSQL")]
public sealed class PostgresBackupTests(ITestOutputHelper output) : BackupTests
{
    /// <summary>Which silos there are is no part of a backup: those of the restored database are others.</summary>
    private static readonly string[] WithoutMembers = ["--exclude-table-data=registry_member", "--exclude-table-data=registry_location"];

    [Fact]
    public async Task A_cluster_on_a_restored_dump_knows_nothing_of_the_one_that_goes_on_beside_it()
    {
        await using var database = await TestDatabase.Postgres();
        await using var restored = await TestDatabase.Postgres();
        var settings = NodeSettings.On(database);
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            await Deploy(client, "0.1.0");
            var file = Path.Combine(settings.DataDirectory, "backup");
            await Backup(settings, file);
            await Restore(file, restored.Options);
            File.Copy(Path.Combine(settings.DataDirectory, "secret"), Path.Combine(restored.Options.DataDirectory, "secret"));

            var (second, other) = await RegistryProcess.Start(NodeSettings.On(restored));
            using (second)
            using (other)
            {
                await Deploy(other, "0.2.0");
                await Deploy(other, "0.3.0");
                await Deploy(client, "0.2.0");
                Assert.Equal(1L, await TestRows.Execute(restored.Options, "select count(*) from registry_member"));
            }
        }
    }

    [Fact]
    public async Task A_dump_that_has_the_members_of_a_lost_cluster_starts_all_the_same()
    {
        await using var database = await TestDatabase.Postgres();
        await using var restored = await TestDatabase.Postgres();
        var settings = NodeSettings.On(database);
        var file = Path.Combine(settings.DataDirectory, "backup");
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var (neighbour, second) = await RegistryProcess.Start(settings with { SiloPort = RegistryProcess.FreePort() });
            using (neighbour)
            using (second)
            {
                await Deploy(client, "0.1.0");
                await PostgresTools.Dump(settings.ConnectionString!, file);
            }
        }

        await Restore(file, restored.Options);
        // As a dump that is more than a minute old: of a younger one the members are waited for until then.
        await TestRows.Execute(restored.Options, "update registry_member set i_am_alive_time = i_am_alive_time - interval '1 minute'");
        Assert.Equal(2L, await TestRows.Execute(restored.Options, "select count(*) from registry_member where status = 3"));
        File.Copy(Path.Combine(settings.DataDirectory, "secret"), Path.Combine(restored.Options.DataDirectory, "secret"));
        var watch = Stopwatch.StartNew();
        var (again, reader) = await RegistryProcess.Start(NodeSettings.On(restored));
        using (again)
        using (reader)
        {
            output.WriteLine($"started after {watch.Elapsed.TotalSeconds:f1} s");
            await Deploy(reader, "0.2.0");
            output.WriteLine($"deployed after {watch.Elapsed.TotalSeconds:f1} s");
        }
    }

    [Fact]
    public async Task The_command_leaves_PostgreSQL_to_its_own_programs()
    {
        await using var database = await TestDatabase.Postgres();
        var file = Path.Combine(database.Options.DataDirectory, "backup");

        var (exitCode, told) = await RegistryProcess.RunToEnd(NodeSettings.On(database), "backup", file);

        Assert.Equal((1, false), (exitCode, File.Exists(file)));
        Assert.Contains("pg_dump", told, StringComparison.Ordinal);
    }

    private protected override Task<TestDatabase> EmptyDatabase() => TestDatabase.Postgres();

    private protected override Task Backup(NodeSettings node, string file) => PostgresTools.Dump(node.ConnectionString!, file, WithoutMembers);

    private protected override Task Restore(string file, StorageOptions empty) => PostgresTools.Restore(empty.PostgresConnectionString!, file);

    private static async Task Deploy(HttpClient client, string expected)
    {
        var answer = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });
        Assert.Equal(expected, (string?)answer.MustBe(HttpStatusCode.Created).Body!["version"]);
    }
}
