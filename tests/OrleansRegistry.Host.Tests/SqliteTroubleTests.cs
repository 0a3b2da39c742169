using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>A node on SQLite says when its disk or its file is not well.</summary>
public sealed class SqliteTroubleTests : IAsyncLifetime
{
    private readonly TestDatabase _database = TestDatabase.Sqlite();

    private NodeSettings Settings => NodeSettings.On(_database);

    private string FileName => Path.Combine(_database.Options.DataDirectory, StorageOptions.FileName);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task H2_while_the_disk_is_full_the_node_is_degraded_says_why_and_is_well_by_itself_afterwards()
    {
        // A disk of its own, which nobody else sees.
        var directory = _database.Options.DataDirectory;
        var settings = Settings with
        {
            Wrapper = ["bwrap", "--dev-bind", "/", "/", "--size", "16777216", "--tmpfs", directory, "--"],
        };
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            // The wrapper's end would not be the node's.
            using var node = Process.GetProcessById(ChildOf(process));
            using var end = new Ended(node);
            var deployment = new JsonObject { ["model_name"] = "A model", ["publish"] = true };
            var first = (await client.Call(HttpMethod.Post, "/v1/model_versions", deployment)).Body!;
            var filler = string.Create(CultureInfo.InvariantCulture, $"/proc/{node.Id}/root{directory}/filler");
            await using (var stream = new FileStream(filler, FileMode.CreateNew))
            {
                Assert.Throws<IOException>(() => Fill(stream));
            }

            // What has room in the log already may still be stored.
            Outcome refused;
            do
            {
                refused = await client.Call(HttpMethod.Post, "/v1/model_versions", deployment);
            }
            while (refused.Status == HttpStatusCode.Created);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);

            var health = await client.Read("/health/ready");
            Assert.Equal("degraded", (string?)health["status"]);
            Assert.Contains("The disk is full", (string?)health["checks"]!["storage"]!["description"], StringComparison.Ordinal);
            Assert.Equal((string?)first["id"], (string?)(await client.Read($"/v1/models/{first["model_id"]}/resolve"))["version_id"]);
            await process.WaitForOutput("The disk is full");

            File.Delete(filler);
            await process.WaitForOutput("can be written again");
            Assert.Equal("healthy", (string?)(await client.Read("/health/ready"))["status"]);
            Assert.Equal(HttpStatusCode.Created, (await client.Call(HttpMethod.Post, "/v1/model_versions", deployment)).Status);
        }
    }

    [Fact]
    public async Task H2_a_disk_that_can_only_be_read_is_not_taken_for_another_instance()
    {
        await StartAndKill(versions: 1);
        var directory = _database.Options.DataDirectory;

        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with
        {
            Wrapper = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", directory, directory, "--"],
        });

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"orleans-registry can't start. The data directory {directory} can't be written: ", output, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H3_a_log_that_can_not_be_read_to_its_end_is_told_by_check_and_by_the_node()
    {
        await StartAndKill(versions: 20);
        var (sound, nothing) = await RegistryProcess.RunToEnd(Settings, "check");
        Assert.True(sound == 0, nothing);
        await using (var log = new FileStream(FileName + "-wal", FileMode.Open))
        {
            log.Position = log.Length / 2;
            var read = log.ReadByte();
            log.Position--;
            log.WriteByte((byte)(read ^ 0x10));
        }

        var (damaged, report) = await RegistryProcess.RunToEnd(Settings, "check");
        Assert.Equal(1, damaged);
        Assert.Contains("registry.db-wal can't be read to its end: ", report, StringComparison.Ordinal);
        var (process, client) = await RegistryProcess.Start(Settings);
        using (process)
        using (client)
        {
            await process.WaitForOutput("The SQLite file is damaged");
            var health = await client.Read("/health/ready");
            Assert.Equal("degraded", (string?)health["status"]);
            Assert.Contains("are lost", (string?)health["checks"]!["storage"]!["description"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task H3_no_crash_is_taken_for_a_log_that_can_not_be_read()
    {
        await StartAndKill(versions: 20);
        // Cut within a frame, as a crash may leave it; the log before it is whole.
        await using (var log = new FileStream(FileName + "-wal", FileMode.Open))
        {
            log.SetLength(log.Length - 1000);
        }

        var (exitCode, report) = await RegistryProcess.RunToEnd(Settings, "check");
        Assert.DoesNotContain("-wal", report, StringComparison.Ordinal);
        Assert.True(exitCode is 0 or 1, report);
    }

    [Fact]
    public async Task H3_a_transaction_whose_end_came_to_the_disk_before_its_beginning_is_none_that_was_acknowledged()
    {
        await StartAndKill(versions: 20);
        await using (var log = new FileStream(FileName + "-wal", FileMode.Open))
        {
            var header = new byte[32];
            await log.ReadExactlyAsync(header);
            var frame = new byte[24 + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8))];
            List<bool> ends = [];
            while (await log.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false) == frame.Length
                && frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8)))
            {
                ends.Add(BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)) != 0);
            }

            var first = ends.Take(ends.Count - 1).ToList().LastIndexOf(true) + 1;
            Assert.True(ends[^1] && first < ends.Count - 1, "The last transaction has one frame.");
            log.Position = header.Length + ((long)first * frame.Length);
            await log.WriteAsync(new byte[frame.Length]);
        }

        var (exitCode, report) = await RegistryProcess.RunToEnd(Settings, "check");
        Assert.DoesNotContain("-wal", report, StringComparison.Ordinal);
        Assert.True(exitCode is 0 or 1, report);
    }

    [Fact]
    public async Task H3_of_a_damaged_file_check_lists_the_pages_and_what_can_still_be_read_and_the_node_says_so()
    {
        await StartAndKill(versions: 20);
        int page, size;
        await using (var connection = new SqliteConnection($"Data Source={FileName};Pooling=false"))
        {
            await connection.OpenAsync();
            page = await Number(connection, "select rootpage from sqlite_master where name = 'registry_event'");
            size = await Number(connection, "pragma page_size");
            await Number(connection, "pragma wal_checkpoint(truncate)");
            await TestRows.Execute(_database.Options, "update registry_state set payload = '{}' where kind = 'version' and ordinal = 20");
            await Number(connection, "pragma wal_checkpoint(truncate)");
        }

        await using (var file = new FileStream(FileName, FileMode.Open))
        {
            file.Position = (page - 1L) * size;
            file.Write(new byte[size]);
        }

        var (exitCode, report) = await RegistryProcess.RunToEnd(Settings, "check");
        Assert.Equal(1, exitCode);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"page {page}"), report, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("can't be compared with what belongs to it", report, StringComparison.Ordinal);
        // The rest is still looked at.
        Assert.Contains("version/default/", report, StringComparison.Ordinal);
        var (process, client) = await RegistryProcess.Start(Settings);
        using (process)
        using (client)
        {
            await process.WaitForOutput("The SQLite file is damaged");
            Assert.Equal("degraded", (string?)(await client.Read("/health/ready"))["status"]);
        }
    }

    private static void Fill(FileStream stream)
    {
        var block = new byte[65_536];
        while (true)
        {
            stream.Write(block);
            stream.Flush();
        }
    }

    /// <summary>The node, which the wrapper has started.</summary>
    private static int ChildOf(RegistryProcess wrapper)
    {
        var child = wrapper.Id;
        while (Children(child) is [var next, ..])
        {
            child = int.Parse(next, CultureInfo.InvariantCulture);
        }

        return child;
    }

    private static string[] Children(int process) => File
        .ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children"))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<int> Number(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt32(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private async Task StartAndKill(int versions)
    {
        var (process, client) = await RegistryProcess.Start(Settings);
        using (process)
        using (client)
        {
            for (var i = 0; i < versions; i++)
            {
                await client.Deploy("A model");
            }

            await process.Kill();
        }
    }

    private sealed class Ended(Process process) : IDisposable
    {
        public void Dispose() => process.Kill();
    }
}
