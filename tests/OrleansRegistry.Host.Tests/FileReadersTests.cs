using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansRegistry.Cluster;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>Who can read what a node keeps in files.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FileReadersTests : IAsyncLifetime
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Open = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode OpenDirectory = Open
        | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly TestDatabase _database = TestDatabase.Sqlite();

    private NodeSettings Settings => NodeSettings.On(_database) with { HasOperatorKey = false };

    public ValueTask InitializeAsync()
    {
        File.SetUnixFileMode(_database.Options.DataDirectory, OpenDirectory);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task H1_in_a_directory_that_others_look_into_a_node_makes_files_that_they_can_not_read()
    {
        var settings = Settings;
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });
            var files = Directory.GetFiles(settings.DataDirectory);

            string[] expected = ["admin-key", "registry.db", "registry.db-shm", "registry.db-wal", "registry.lock", "secret"];
            Assert.Equal(expected, files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
            Assert.All(files, file => Assert.Equal((file, Private), (file, File.GetUnixFileMode(file))));
        }
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("admin-key")]
    [InlineData("registry.db")]
    [InlineData("registry.db-wal")]
    public async Task H1_a_file_with_secrets_that_others_can_read_keeps_the_node_from_starting_with_the_remedy(string name)
    {
        var settings = Settings;
        var file = Path.Combine(settings.DataDirectory, name);
        await File.WriteAllTextAsync(file, "");
        File.SetUnixFileMode(file, Open);

        var (exitCode, output) = await RegistryProcess.RunToEnd(settings);

        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"orleans-registry can't start. Other users of this machine can read {file}. Keep them out: chmod go-rwx {file}",
            output.Trim());
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(settings.DataDirectory));
    }

    [Fact]
    public async Task H1_in_a_directory_that_nobody_else_looks_into_the_modes_of_files_do_not_matter()
    {
        var settings = Settings;
        File.SetUnixFileMode(settings.DataDirectory, Private | UnixFileMode.UserExecute);
        var file = Path.Combine(settings.DataDirectory, "admin-key");
        await File.WriteAllTextAsync(file, ApiKey.Create());
        File.SetUnixFileMode(file, Open);

        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            Assert.True(process.IsListening);
        }
    }

    [Theory]
    [InlineData(Private, 7u, false)]
    [InlineData(Private | UnixFileMode.GroupRead, 7u, true)]
    [InlineData(Private | UnixFileMode.GroupRead, 5u, false)]
    [InlineData(Private | UnixFileMode.OtherRead, 5u, true)]
    [InlineData(Private | UnixFileMode.OtherWrite, 5u, true)]
    public void H1_the_process_s_own_group_is_not_others(UnixFileMode mode, uint group, bool expected) =>
        Assert.Equal(expected, FileReaders.AreOthers(mode, group, [3, 5]));

    [Fact]
    public async Task H1_files_that_settings_name_and_others_can_read_are_told_of_once()
    {
        var files = ClusterCertificateFiles.Create(Path.Combine(_database.Options.DataDirectory, "certificates"));
        File.SetUnixFileMode(files.Key, Open);
        var (process, client) = await RegistryProcess.Start(Settings with
        {
            Arguments =
            [
                $"--Registry:Cluster:Certificate={files.Certificate}", $"--Registry:Cluster:Key={files.Key}",
                $"--Registry:Cluster:Authority={files.Authority}",
            ],
        });
        using (process)
        using (client)
        {
            await process.WaitForOutput("has started");
            await process.Signal("TERM");
            await process.WaitForExit();
        }

        Assert.Single(process.Output.Split('\n'), line => line.Contains($"Other users of this machine can read {files.Key}, ", StringComparison.Ordinal));
    }
}
