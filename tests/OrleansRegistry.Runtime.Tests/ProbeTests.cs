using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Native;
using OrleansRegistry.Runtime.Tests.Infrastructure;

namespace OrleansRegistry.Runtime.Tests;

/// <summary>What a runner says before it knows what it can run, where it runs nothing, and of its room.</summary>
public sealed class ProbeTests
{
    private static readonly RunnerPlace Place = new() { DataDirectory = "/nowhere/data", RunDirectory = "/nowhere/data/run", IsOnLoopback = true };

    [Fact]
    public async Task A_runner_is_off_until_it_knows_what_it_can_run()
    {
        await using var test = await TestRunner.Create();
        await using ProcessRunner runner = new(
            new RuntimeOptions(),
            new RunnerPlace { DataDirectory = test.Directory, RunDirectory = Path.Combine(test.Directory, "other"), OnnxServer = BuiltFiles.OnnxServer },
            TimeProvider.System);

        Assert.False(runner.Probed.IsCompleted);
        Assert.Contains("has just started", runner.Off, StringComparison.Ordinal);
        Assert.Empty(runner.Environments);

        await runner.Probe();

        Assert.True(runner.Probed.IsCompleted);
        Assert.Null(runner.Off);
        Assert.Equal([NodeEnvironment.Onnx], runner.Environments.Select(environment => environment.Serving.Name));
    }

    [Fact]
    public async Task A_runner_that_is_turned_off_or_in_a_cluster_says_so_and_starts_nothing()
    {
        await using var off = await ProcessRunner.Create(new RuntimeOptions { Enabled = false }, Place, TimeProvider.System);
        await using var cluster = await ProcessRunner.Create(new RuntimeOptions(), Place with { IsInCluster = true }, TimeProvider.System);

        Assert.Equal("Registry__Runtime__Enabled is false.", off.Off);
        Assert.StartsWith("In a cluster (PostgreSQL)", cluster.Off, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/nowhere"));
        Assert.Throws<InvalidOperationException>(() => off.Start(
            new ProcessSpec { Package = "/nowhere", Format = ArtifactFormat.Onnx, Environment = NodeEnvironment.Onnx }, off.CreateLog()));
    }

    [Fact]
    public async Task A_run_directory_that_cannot_be_made_turns_the_runner_off()
    {
        await using var runner = await ProcessRunner.Create(
            new RuntimeOptions(), Place with { RunDirectory = "/proc/run" }, TimeProvider.System);

        Assert.DoesNotContain("/proc", runner.Off, StringComparison.Ordinal);
        Assert.Contains("/proc/run", runner.OffDetail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_does_not_list_children_is_noticed()
    {
        Assert.True(ProcessTree.ListsChildren());
        Assert.False(ProcessTree.ListsChildren(AppContext.BaseDirectory));
    }

    [Fact]
    public async Task X11_room_is_reserved_until_it_is_given_back_and_given_back_once()
    {
        await using ProcessRunner runner = new(
            new RuntimeOptions { MemoryMiB = 3000, Cpus = 8, MaxProcesses = 16 }, Place, TimeProvider.System);

        var first = runner.TryReserve(ProcessResources.Default);
        using var second = runner.TryReserve(ProcessResources.Default);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(runner.TryReserve(ProcessResources.Default));

        first.Dispose();
        first.Dispose();
        using var third = runner.TryReserve(ProcessResources.Default);
        Assert.NotNull(third);
        Assert.Null(runner.TryReserve(ProcessResources.Default));
    }

    [Fact]
    public async Task X11_processors_are_shared_unless_the_settings_count_them()
    {
        ProcessResources wide = new(16, 4096, 8);
        await using ProcessRunner shared = new(new RuntimeOptions { MemoryMiB = 3000 }, Place, TimeProvider.System);
        await using ProcessRunner counted = new(new RuntimeOptions { MemoryMiB = 3000, Cpus = 4096 }, Place, TimeProvider.System);

        Assert.Equal(2, Enumerable.Range(0, 2).Count(_ => shared.TryReserve(wide) is not null));
        Assert.Equal(1, Enumerable.Range(0, 2).Count(_ => counted.TryReserve(wide) is not null));
    }

    [Fact]
    public async Task X11_of_a_hundred_at_once_as_many_get_room_as_there_is()
    {
        await using ProcessRunner runner = new(
            new RuntimeOptions { MemoryMiB = 1_000_000, Cpus = 1000, MaxProcesses = 4 }, Place, TimeProvider.System);
        using Barrier barrier = new(8);

        var got = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return Enumerable.Range(0, 13).Count(_ => runner.TryReserve(ProcessResources.Default) is not null);
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal(4, got.Sum());
    }
}
