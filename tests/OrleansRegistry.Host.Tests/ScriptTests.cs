using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>What the scripts that start servers share (<c>scripts/servers.sh</c>).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ScriptTests : IDisposable
{
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("registry-script-");

    private string Prologue => $$"""
        set -euo pipefail
        die() { echo "script: $*" >&2; exit 1; }
        source {{Path.Combine(RepositoryRoot.Directory, "scripts", "servers.sh")}}
        servers_home={{_home.FullName}}/run
        mkdir "$servers_home"

        """;

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task A_script_does_not_take_what_answers_on_a_port_for_the_server_that_it_has_started()
    {
        // As the nodes of another run would.
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var stranger = builder.Build();
        stranger.Run(_ => Task.CompletedTask);
        await stranger.StartAsync();
        var port = new Uri(stranger.Urls.Single()).Port.ToString(CultureInfo.InvariantCulture);

        using var script = Run($$"""
            start silo-0 bash -c 'echo "SiloPort is {{port}}: Address already in use"; exit 1'
            await silo-0 http://127.0.0.1:{{port}}/health/ready
            echo "silo-0 runs"
            """);
        var output = await script.StandardOutput.ReadToEndAsync();
        var errors = await script.StandardError.ReadToEndAsync();
        await script.WaitForExitAsync();

        Assert.Equal((1, ""), (script.ExitCode, output));
        Assert.Contains(port, errors, StringComparison.Ordinal);
        Assert.Contains("silo-0 does not start", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_whose_terminal_is_closed_leaves_nothing_and_only_its_user_reads_its_files()
    {
        using var script = Run("""
            clean_up() { stop_servers; rm -rf "$servers_home"; }
            clean_up_with clean_up
            start server bash -c "echo key >$servers_home/admin-key; echo 'Now listening on: '; exec sleep 60"
            until [[ -s $servers_home/server.log ]]; do :; done
            echo ready
            wait
            """);
        Assert.Equal("ready", await script.StandardOutput.ReadLineAsync());
        var run = Path.Combine(_home.FullName, "run");
        Assert.All(["admin-key", "server.log"], file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(run, file))));

        using (var kill = Process.Start("kill", ["-HUP", script.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await script.WaitForExitAsync();
        Assert.Equal(129, script.ExitCode);
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void Every_script_that_cleans_up_does_so_when_its_terminal_is_closed()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(RepositoryRoot.Directory, "scripts"), "*.sh"))
        {
            var script = File.ReadAllText(file);
            Assert.True(!script.Contains("trap 'exit 143' TERM", StringComparison.Ordinal) || script.Contains("trap 'exit 129' HUP", StringComparison.Ordinal), file);
        }
    }

    // Even where these tests ignore that their terminal is closed, as under nohup.
    private Process Run(string script) => Process.Start(new ProcessStartInfo("env", ["--default-signal=HUP", "bash", "-c", Prologue + script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
