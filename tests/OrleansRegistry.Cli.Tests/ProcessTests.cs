using System.Diagnostics;
using System.Runtime.Versioning;

namespace OrleansRegistry.Cli.Tests;

/// <summary>
/// The program itself: the build of the tests, or the one that <c>REGISTRY_TEST_ORK</c> names, such as a native one
/// (<c>scripts/ork-tests.sh</c>).
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class ProcessTests(Node node)
{
    [Fact]
    public async Task The_program_prints_data_and_ends_with_its_exit_code()
    {
        var version = await node.Registry.Deploy(new RestClient.Deployment { ModelName = node.NewName() });

        var good = await Run(["show", version.Id, "-q"]);
        var bad = await Run(["show", "nobody-s"]);

        Assert.Equal((0, version.Id + "\n", ""), good);
        Assert.Equal((4, ""), (bad.Code, bad.Out));
        Assert.StartsWith("error: ", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ork_K2_ctrl_c_ends_a_watch_with_130()
    {
        var version = await node.Registry.Deploy(new RestClient.Deployment { ModelName = node.NewName() });
        using var process = Start(["watch", version.ModelName, "--after", "0", "-q"]);
        Assert.NotNull(await process.StandardOutput.ReadLineAsync());

        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await process.WaitForExitAsync();

        Assert.Equal(130, process.ExitCode);
    }

    [Theory]
    [InlineData("bash", "complete -p ork")]
    [InlineData("zsh", "autoload -U compinit && compinit -D -u; source $script; print ${_comps[ork]}")]
    [InlineData("fish", "complete -C 'ork pro'")]
    public async Task The_scripts_of_completion_can_be_sourced(string shell, string check)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(path => File.Exists(Path.Combine(path, shell))))
        {
            Assert.Skip($"There is no {shell} here.");
        }

        var script = node.NewFile();
        await File.WriteAllTextAsync(script, (await node.Ork("completion", shell)).Data);
        // What the scripts call is the program of this test.
        var directory = Directory.CreateDirectory(node.NewFile());
        var ork = Path.Combine(directory.FullName, "ork");
        await File.WriteAllTextAsync(ork, $"#!/bin/sh\nexec {string.Join(' ', Command)} \"$@\"\n");
        File.SetUnixFileMode(ork, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var start = new ProcessStartInfo(
            shell,
            ["-c", $"{(shell == "fish" ? $"set script {script}" : $"script={script}")}; source $script; {check}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{directory.FullName}:{start.Environment["PATH"]}";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, error);
        Assert.Equal("", error);
        Assert.Contains(shell == "fish" ? "promote" : "_ork", output, StringComparison.Ordinal);
    }

    private static string[] Command => Environment.GetEnvironmentVariable("REGISTRY_TEST_ORK") is { Length: > 0 } native
        ? [native]
        : ["dotnet", typeof(Cli.Ork).Assembly.Location];

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Command[0], [.. Command[1..], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ORK_URL"] = node.Url.AbsoluteUri;
        start.Environment["ORK_API_KEY"] = Node.Key;
        return Process.Start(start)!;
    }

    private async Task<(int Code, string Out, string Error)> Run(string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }
}
