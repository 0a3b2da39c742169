using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

/// <summary>Starts, ends and stops real processes in real sandboxes.</summary>
public sealed class StartTests
{
    private const string Echo = """
        class Model:
            def predict(self, inputs):
                return inputs
        """;

    [Fact]
    public async Task X1_A_process_is_ready_when_its_health_answers_and_not_before()
    {
        await using var test = await TestRunner.Create();
        var gate = """
            import os, time
            class Model:
                def load(self):
                    print("loading", flush=True)
                    time.sleep(0.5)
                    self.loaded = True
                def predict(self, inputs):
                    return [self.loaded]
            """;

        var (process, log) = test.Start(test.PythonPackage(gate));
        await foreach (var line in log.Follow(0, default))
        {
            if (line.Text == "loading")
            {
                break;
            }
        }

        Assert.False(process.Ready.IsCompleted);
        Assert.True(await process.Ready, log.Text());
        Assert.Equal("[true]", (await process.Predict("[1]")).ToString());
    }

    [Fact]
    public async Task X2_A_process_that_ends_says_how_and_its_socket_refuses_at_once()
    {
        await using var test = await TestRunner.Create();
        var process = await test.Ready(test.PythonPackage("""
            import os, signal, sys
            class Model:
                def predict(self, inputs):
                    if inputs[0] == "exit":
                        os._exit(7)
                    os.kill(os.getpid(), signal.SIGSEGV)
            """));
        var other = await test.Ready(test.PythonPackage("""
            import os, signal, time
            class Model:
                def predict(self, inputs):
                    os.kill(os.getpid(), signal.SIGSEGV)
                    time.sleep(60)
            """));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => process.Post("predict", """{"instances":["exit"]}"""));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => other.Post("predict", """{"instances":[1]}"""));
        var (exit, signal) = (await process.Exited, await other.Exited);

        Assert.Equal((ExitCause.Ended, 7, null), (exit.Cause, exit.ExitCode, exit.Signal));
        Assert.Equal((ExitCause.Ended, null, 11), (signal.Cause, signal.ExitCode, signal.Signal));
        Assert.True(exit.ReadyTime > TimeSpan.Zero && exit.ReadyTime < exit.Uptime);
        await Assert.ThrowsAnyAsync<IOException>(async () => await process.Connect(default));
        Assert.Empty(Directory.GetFiles(test.RunDirectory, "*.sock"));
        Assert.Equal(0, test.Running);
    }

    [Fact]
    public async Task X2_A_package_that_can_not_be_loaded_ends_with_its_traceback_in_the_log()
    {
        await using var test = await TestRunner.Create();
        var (process, log) = test.Start(test.PythonPackage("import nothing_of_this_name"));

        Assert.False(await process.Ready);
        Assert.Equal("The process ended with exit code 1.", (await process.Exited).Message);
        Assert.Contains("ModuleNotFoundError: No module named 'nothing_of_this_name'", log.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task X1_A_process_that_is_not_ready_in_time_is_killed()
    {
        await using var test = await TestRunner.Create();
        var (process, _) = test.Start(
            test.PythonPackage("import time\ntime.sleep(600)"), spec => spec with { StartupTimeout = TimeSpan.FromSeconds(1) });

        Assert.False(await process.Ready);
        var exit = await process.Exited;
        Assert.Equal(ExitCause.NotReady, exit.Cause);
        Assert.Equal("The process was killed: it was not ready within 1 s.", exit.Message);
        Assert.Equal(TimeSpan.Zero, exit.ReadyTime);
    }

    [Fact]
    public async Task X3_A_stopped_process_finishes_what_it_was_asked()
    {
        await using var test = await TestRunner.Create();
        var (process, log) = test.Start(test.PythonPackage("""
            import time
            class Model:
                def predict(self, inputs):
                    print("asked", flush=True)
                    time.sleep(0.5)
                    return inputs
            """));
        Assert.True(await process.Ready);
        var answer = process.Predict("[42]");
        await foreach (var line in log.Follow(0, default))
        {
            if (line.Text == "asked")
            {
                break;
            }
        }

        var exit = await process.Stop();

        Assert.Equal("[42]", (await answer).ToString());
        Assert.Equal((ExitCause.Stopped, (int?)0), (exit.Cause, exit.ExitCode));
        Assert.Same(exit, await process.Stop());
        Assert.Empty(Directory.GetFiles(test.RunDirectory, "*.sock"));
    }

    [Fact]
    public async Task X9_The_log_goes_on_over_starts_and_can_be_followed()
    {
        await using var test = await TestRunner.Create();
        var package = test.PythonPackage("print('hello')\n" + Echo);
        var log = test.Runner.CreateLog();
        ProcessSpec spec = new() { Package = package, Format = ArtifactFormat.Python, Environment = "default" };
        for (var start = 0; start < 2; start++)
        {
            var process = test.Runner.Start(spec, log);
            Assert.True(await process.Ready);
            await process.Stop();
        }

        var hellos = log.Tail(1000).Where(line => line.Text == "hello").ToList();
        Assert.Equal(2, hellos.Count);
        Assert.True(hellos[0].Number < hellos[1].Number);
    }

    [Fact]
    public async Task Variables_reach_the_process_and_the_contracts_own_can_not_be_changed()
    {
        await using var test = await TestRunner.Create();
        var process = await test.Ready(
            test.PythonPackage("""
                import os
                class Model:
                    def predict(self, inputs):
                        return [os.environ.get(name) for name in inputs]
                """),
            spec => spec with { Variables = new Dictionary<string, string> { ["COLOR"] = "blue=\n'x'", ["OMP_NUM_THREADS"] = "99" } });

        Assert.Equal(
            """["blue=\n\u0027x\u0027","1",null,"/package"]""",
            System.Text.Json.JsonSerializer.Serialize(await process.Predict("""["COLOR","OMP_NUM_THREADS","HOSTNAME","REGISTRY_PACKAGE"]""")));
    }

    [Fact]
    public async Task Variables_reach_the_process_however_long_they_are()
    {
        await using var test = await TestRunner.Create();
        var process = await test.Ready(
            test.PythonPackage("""
                import os
                class Model:
                    def predict(self, inputs):
                        return [len(os.environ[name]) for name in inputs]
                """),
            spec => spec with { Variables = new Dictionary<string, string> { ["A"] = new('a', 60_000), ["B"] = new('b', 60_000) } });

        Assert.Equal("[60000,60000]", (await process.Predict("""["A","B"]""")).ToString());
    }

    [Fact]
    public async Task A_command_of_the_package_keeps_the_contract()
    {
        await using var test = await TestRunner.Create();
        var process = await test.Ready(
            test.Package(("server.py", """
                import http.server, os, socket
                class Handler(http.server.BaseHTTPRequestHandler):
                    def do_GET(self):
                        self.send_response(200)
                        self.end_headers()
                        self.wfile.write(os.getcwd().encode())
                listener = socket.socket(fileno=int(os.environ["REGISTRY_SOCKET_FD"]))
                while True:
                    connection, _ = listener.accept()
                    try:
                        Handler(connection, "x", None)
                    except OSError:
                        pass  # a probe that no longer waited
                    connection.close()
                """)),
            spec => spec with { Command = ["python3", "server.py"] });

        using var client = process.Client();
        Assert.Equal("/package", await client.GetStringAsync("health"));
    }

    [Fact]
    public async Task A_runner_that_ends_stops_everything()
    {
        await using var test = await TestRunner.Create();
        var process = await test.Ready(test.PythonPackage(Echo));
        await ((ProcessRunner)test.Runner).DisposeAsync();

        Assert.True(process.Exited.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => test.Start(test.PythonPackage(Echo)));
    }
}
