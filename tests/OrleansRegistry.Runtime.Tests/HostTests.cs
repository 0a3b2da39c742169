using System.Diagnostics;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

/// <summary>A runner in a process of its own: killed, or of a user without rights.</summary>
public sealed class HostTests
{
    private static readonly string Hostile = Path.Combine(AppContext.BaseDirectory, "Packages", "hostile");

    [Theory]
    [InlineData("Sandbox")]
    [InlineData("Container")]
    [InlineData("None")]
    public async Task Nothing_outlives_a_host_that_was_killed(string isolation)
    {
        await using var _ = await TestRunner.Create();
        if (isolation == "Container" && Environment.UserName != "root")
        {
            Assert.Skip("Isolation container needs root.");
        }

        var directory = Directory.CreateTempSubdirectory("registry-");
        using var host = await Start("dotnet", BuiltFiles.RunnerHost, isolation, directory.FullName, Hostile);
        var processes = Descendants(host.Id);
        Assert.NotEmpty(processes);

        host.Kill();
        await host.WaitForExitAsync();

        var deadline = Stopwatch.StartNew();
        while (processes.Exists(IsAlive))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(10), "A process outlived its host.");
            await Task.Delay(10);
        }

        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("done: []", "seen", "canary")]
    [InlineData("FileNotFoundError 2", "read", "/etc/passwd")]
    [InlineData("OSError 30", "write", "/package/model.py")]
    [InlineData("done: ['/dev/shm', '/tmp']", "writable")]
    [InlineData("done: ['lo']", "interfaces")]
    [InlineData("OSError 101", "connect", "169.254.169.254", "80")]
    [InlineData("done: [1, 2]", "processes")]
    [InlineData("done: unshare: unshare failed: No space left on device", "user_namespace")]
    [InlineData("BlockingIOError 11", "fork_bomb")]
    [InlineData("OSError 22", "set_user")]
    public async Task A_host_without_rights_isolates_as_well(string expected, params string[] attack)
    {
        await using var _ = await TestRunner.Create();
        if (Environment.UserName != "root")
        {
            Assert.Skip("Only root can start a host as another user; the other tests have run as this one.");
        }

        var directory = Directory.CreateTempSubdirectory("registry-");
        const string nobody = "65534";
        Assert.Equal(0, await Run("chown", nobody, directory.FullName));
        using var host = await Start(
            "setpriv", $"--reuid={nobody}", $"--regid={nobody}", "--clear-groups", "dotnet", BuiltFiles.RunnerHost, "Sandbox", directory.FullName, Hostile);

        await host.StandardInput.WriteLineAsync($$"""{"instances":{{System.Text.Json.JsonSerializer.Serialize(attack)}}}""");
        var answer = await host.StandardOutput.ReadLineAsync();
        host.StandardInput.Close();

        Assert.Equal("The process was stopped.", await host.StandardOutput.ReadLineAsync());
        await host.WaitForExitAsync();
        Assert.Equal($$"""{"predictions":["{{expected}}"]}""", answer);
        directory.Delete(recursive: true);
    }

    private static async Task<Process> Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        start.Environment["REGISTRY_TEST_CANARY"] = "canary";
        start.Environment["DOTNET_CLI_HOME"] = "/tmp";
        var process = Process.Start(start)!;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        return process;
    }

    private static async Task<int> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>The processes below one, each with the instant of its start, since numbers are used again.</summary>
    private static List<(int Id, string Began)> Descendants(int root) =>
        [.. Native.ProcessTree.Of(root).Where(id => id != root).Select(id => (id, Began(id)))];

    private static bool IsAlive((int Id, string Began) process) => Began(process.Id) is { Length: > 0 } began && began == process.Began;

    private static string Began(int id)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // A zombie has ended; whoever took it over has not looked yet.
            return fields[0] is "Z" or "X" ? "" : fields[19];
        }
        catch (IOException)
        {
            return "";
        }
    }
}
