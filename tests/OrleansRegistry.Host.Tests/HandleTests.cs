using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>A node whose process may have few file handles, and one of whose assemblies can't be loaded.</summary>
public sealed class HandleTests : IAsyncLifetime
{
    private readonly TestDatabase _database = TestDatabase.Sqlite();

    private NodeSettings Settings => NodeSettings.On(_database);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Theory]
    [InlineData(10_000, null, 10_000)]
    [InlineData(10_000, 1_048_576L, 10_000)]
    [InlineData(10_000, 4096L, 1536)]
    [InlineData(100, 4096L, 100)]
    [InlineData(10_000, 1152L, 64)]
    public void Q1_there_are_as_many_connections_as_the_handles_of_the_process_allow(int configured, long? handles, int expected) =>
        Assert.Equal(expected, FileHandles.Connections(configured, handles));

    [Fact]
    public async Task Q1_with_too_few_handles_a_node_does_not_start_and_says_how_many_it_needs()
    {
        Assert.Throws<StartupException>(() => FileHandles.Require(1151));
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with { FileHandles = 512 });

        Assert.Equal(1, exitCode);
        Assert.Contains(
            "may have 512 file handles; it needs 1152 at least",
            Assert.Single(output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Q1_idle_connections_take_no_handle_that_the_node_needs_for_itself()
    {
        const int handles = 2048;
        const int connections = (handles - 1024) / 2;
        var (process, client) = await RegistryProcess.Start(Settings with { FileHandles = handles, Arguments = ["--Registry:Limits:Connections=10000"] });
        using (process)
        using (client)
        {
            await process.WaitForOutput($"Registry:Limits:Connections is 10000, but only {connections} connections are taken");
            List<Socket> strangers = [];
            try
            {
                for (var i = 0; i < handles * 2; i++)
                {
                    strangers.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                    strangers[i].Bind(new IPEndPoint(IPAddress.Parse($"127.0.0.{2 + (i % 8)}"), 0));
                    await strangers[i].ConnectAsync(process.Address.Host, process.Address.Port);
                }

                // The client has no connection yet: it finds a place once strangers that said nothing have lost theirs.
                Outcome deployed;
                do
                {
                    deployed = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });
                }
                while (deployed.Status != HttpStatusCode.Created && !process.HasExited);

                Assert.Equal(HttpStatusCode.Created, deployed.Status);
                Assert.Equal("healthy", (string?)(await client.Read("/health/ready"))["status"]);
            }
            finally
            {
                strangers.ForEach(stranger => stranger.Dispose());
            }
        }
    }

    [Fact]
    public async Task Fewer_connections_than_the_default_are_no_warning_for_nobody_asked_for_more()
    {
        var (process, client) = await RegistryProcess.Start(Settings with { FileHandles = 2048 });
        using (process)
        using (client)
        {
            await process.WaitForOutput("has started");
            await process.Signal("TERM");
            await process.WaitForExit();
            Assert.DoesNotContain("file handles", process.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Q1_an_assembly_that_can_not_be_loaded_keeps_the_node_from_starting()
    {
        const string damaged = "Semver";
        var built = Path.GetDirectoryName(RegistryProcess.Built)!;
        var copy = Directory.CreateDirectory(Path.Combine(_database.Options.DataDirectory, "host"));
        foreach (var file in Directory.EnumerateFiles(built))
        {
            var target = Path.Combine(copy.FullName, Path.GetFileName(file));
            if (Path.GetFileName(file) == damaged + ".dll")
            {
                await File.WriteAllTextAsync(target, "no assembly", TestContext.Current.CancellationToken);
            }
            else
            {
                File.CreateSymbolicLink(target, file);
            }
        }

        File.Delete(Path.Combine(copy.FullName, "OrleansRegistry.Host.dll"));
        File.Copy(RegistryProcess.Built, Path.Combine(copy.FullName, "OrleansRegistry.Host.dll"));
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with { Executable = Path.Combine(copy.FullName, "OrleansRegistry.Host.dll") });

        Assert.Equal(1, exitCode);
        Assert.Contains($"The assembly {damaged} can't be loaded", output, StringComparison.Ordinal);
    }
}
