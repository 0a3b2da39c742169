using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Environments;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

public sealed class EnvironmentTests
{
    [Fact]
    public async Task A_Python_says_its_version_and_its_packages_once()
    {
        await using var test = await TestRunner.Create();
        var python = test.Runner.Environments.Single(environment => environment.Serving.Name == "default");

        Assert.Null(python.Off);
        Assert.Matches(@"^3\.\d+\.\d+", python.Serving.Python);
        Assert.All(python.Serving.Packages, package => Assert.Equal(PythonEnvironment.Normalize(package.Key), package.Key));
        ProcessStartInfo question = new(TestRunner.Python, ["-I", "-c", "import importlib.metadata as m; print(*{d.metadata['Name'] for d in m.distributions()})"])
        {
            RedirectStandardOutput = true,
        };
        using var answer = Process.Start(question)!;
        var names = (await answer.StandardOutput.ReadToEndAsync()).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(names.Select(PythonEnvironment.Normalize).Distinct().Order(), python.Serving.Packages.Keys.Order());
    }

    [Theory]
    [InlineData("Scikit_Learn", "scikit-learn")]
    [InlineData("zope.interface", "zope-interface")]
    [InlineData("a-_.B", "a-b")]
    public void Names_of_packages_are_normalized(string name, string expected) => Assert.Equal(expected, PythonEnvironment.Normalize(name));

    [Theory]
    [InlineData("python3", "Its interpreter is named by no full path.", "python3 is no full path; name the interpreter by one.")]
    [InlineData("/usr/bin/true", "Its interpreter is no Python 3 that runs.", "/usr/bin/true is no Python 3 that runs: ")]
    [InlineData("/nowhere/python3", "Its interpreter can't be started.", "/nowhere/python3 can't be started: No such file or directory.")]
    public async Task An_interpreter_that_is_none_is_off_and_only_the_log_names_paths(string interpreter, string told, string detail)
    {
        await using var test = await TestRunner.Create();
        await using var runner = await Create(test, new RuntimeOptions { Python = One(interpreter) });

        Assert.Null(runner.Off);
        Assert.Equal(told, runner.Environments.Single(environment => environment.Serving.Name == "one").Off);
        Assert.Equal(("one", detail), runner.OffDetails.Single());
        Assert.Throws<InvalidOperationException>(() => runner.Start(
            new ProcessSpec { Package = test.Directory, Format = ArtifactFormat.Python, Environment = "one" }, runner.CreateLog()));
    }

    [Fact]
    public async Task A_virtual_environment_is_shown_to_packages_unless_it_is_below_the_data_directory_or_closed()
    {
        await using var test = await TestRunner.Create();
        var venv = Directory.CreateTempSubdirectory("venv-");
        File.SetUnixFileMode(venv.FullName, (UnixFileMode)0b111_101_101);
        var made = Process.Start(TestRunner.Python, ["-m", "venv", "--without-pip", venv.FullName])!;
        await made.WaitForExitAsync();
        Assert.Equal(0, made.ExitCode);
        var options = new RuntimeOptions { Python = One(Path.Combine(venv.FullName, "bin", "python")) };

        await using (var runner = await Create(test, options))
        {
            Assert.Null(runner.Environments.Single(environment => environment.Serving.Name == "one").Off);
            var process = runner.Start(
                new ProcessSpec { Package = test.PythonPackage("import sys\nclass Model:\n    def predict(self, inputs):\n        return [sys.prefix]"), Format = ArtifactFormat.Python, Environment = "one" },
                runner.CreateLog());
            Assert.True(await process.Ready);
            Assert.Equal(venv.FullName, (await process.Predict("[]"))[0].GetString());
        }

        await using (var runner = await Create(test, options, data: venv.Parent!.FullName))
        {
            Assert.Equal(
                "Its files and the node's data are one in the other.",
                runner.Environments.Single(environment => environment.Serving.Name == "one").Off);
        }

        File.SetUnixFileMode(venv.FullName, (UnixFileMode)0b111_000_000);
        if (Environment.UserName == "root")
        {
            await using var runner = await Create(test, options);
            Assert.Equal(
                "Its files are closed to the user that packages run as.",
                runner.Environments.Single(environment => environment.Serving.Name == "one").Off);
            Assert.Equal(
                $"{venv.FullName} is closed to other users, and packages run as one; use a Python elsewhere, or open it.",
                runner.OffDetails.Single().Detail);
        }

        venv.Delete(recursive: true);
    }

    [Fact]
    public async Task Isolation_none_is_off_where_others_reach_the_server()
    {
        await using var test = await TestRunner.Create();
        await using var runner = await Create(test, new RuntimeOptions { Isolation = Isolation.None }, loopback: false);

        Assert.StartsWith("Isolation none is only for a server that listens on loopback", runner.Off, StringComparison.Ordinal);
        Assert.Empty(runner.Environments);
    }

    [Theory]
    [InlineData("None")]
    [InlineData("Container")]
    public async Task Without_a_sandbox_a_process_is_served_and_stopped_all_the_same(string isolation)
    {
        if (isolation == "Container" && Environment.UserName != "root")
        {
            Assert.Skip("Isolation container needs root.");
        }

        await using var test = await TestRunner.Create(new RuntimeOptions { Isolation = Enum.Parse<Isolation>(isolation) });
        var process = await test.Ready(
            test.PythonPackage("import os\nclass Model:\n    def predict(self, inputs):\n        return [os.getuid(), os.environ.get('A'), os.environ.get('HOME')]"),
            spec => spec with { Variables = new Dictionary<string, string> { ["A"] = "b" } });

        var user = isolation == "None" ? Native.Posix.UserId() : (uint)Processes.Slots.FirstUser;
        Assert.Equal($"[{user},\"b\",\"/tmp\"]", JsonSerializer.Serialize(await process.Predict("[]")));
        var exit = await process.Stop();
        Assert.Equal((ExitCause.Stopped, (int?)0), (exit.Cause, exit.ExitCode));
    }

    [Fact]
    public async Task A_path_too_long_for_sockets_turns_the_runner_off()
    {
        await using var test = await TestRunner.Create();
        await using var runner = await ProcessRunner.Create(
            new RuntimeOptions(),
            new RunnerPlace { DataDirectory = test.Directory, RunDirectory = Path.Combine(test.Directory, new string('x', 90)) },
            TimeProvider.System);

        Assert.Equal("The node can't make what processes need; its log says why.", runner.Off);
        Assert.Contains("too long for sockets", runner.OffDetail, StringComparison.Ordinal);
    }

    private static FrozenDictionary<string, string> One(string interpreter) => new Dictionary<string, string> { ["one"] = interpreter }.ToFrozenDictionary();

    private static Task<ProcessRunner> Create(TestRunner test, RuntimeOptions options, string? data = null, bool loopback = true) => ProcessRunner.Create(
        options,
        new RunnerPlace
        {
            DataDirectory = data ?? test.Directory,
            RunDirectory = Path.Combine(test.Directory, "other"),
            OnnxServer = BuiltFiles.OnnxServer,
            IsOnLoopback = loopback,
        },
        TimeProvider.System);
}
