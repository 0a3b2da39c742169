using System.Diagnostics;
using System.Text.RegularExpressions;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Deploying a path makes exactly one version (rule C1), whatever fails on the way, and however often.</summary>
[Trait("Speed", "Slow")]
public sealed partial class DeployFaultTests(ServingNode node) : IDisposable
{
    private const int Seeds = 20;
    private const int AtOnce = 4;
    private const int MaxRuns = 20;

    /// <summary>With a key: match, artifact, what is missing, the file, artifact, deployment.</summary>
    private const int Steps = 6;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-ork-faults-");

    [Fact]
    public async Task Client_C1_a_path_makes_exactly_one_version_through_faults() =>
        // Some at once: most of the time is waited before another try. A node has room for few.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Seeds),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (seed, _) => await Deploy(seed));

    [Fact]
    public async Task Client_C1_a_path_makes_exactly_one_version_when_the_program_is_killed_at_any_step()
    {
        for (var step = 1; step <= Steps; step++)
        {
            var name = node.NewName();
            var (folder, key) = (await Model(name), $"{name}-commit");
            using var proxy = new FaultProxy(node.Url.Port);
            for (var before = 1; before < step; before++)
            {
                proxy.Plan.Enqueue(null);
            }

            // The registry gets the request, and the program its answer never.
            proxy.Plan.Enqueue(Fault.Delayed);
            var start = new ProcessStartInfo(
                "dotnet", [typeof(Cli.Ork).Assembly.Location, "deploy", name, folder, "--idempotency-key", key])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            start.Environment["ORK_URL"] = proxy.Url.AbsoluteUri;
            start.Environment["ORK_API_KEY"] = Node.Key;
            using (var killed = Process.Start(start)!)
            {
                await Task.WhenAny(proxy.WhenSeen(step), killed.WaitForExitAsync());
                Assert.False(killed.HasExited, "It ended by itself.");
                killed.Kill();
                await killed.WaitForExitAsync();
            }

            await proxy.WhenAnswered();
            var again = await node.Ork(Through(proxy), "deploy", name, folder, "--idempotency-key", key, "-q");

            Assert.Equal([again.Data.Trim()], await Versions(name));
            await Delete(name);
        }
    }

    [Fact]
    public async Task Client_C1_a_key_whose_version_has_failed_starts_it_again()
    {
        var name = node.NewName();
        var folder = await Model(name, "raise RuntimeError('no weights today')");

        for (var run = 0; run < 2; run++)
        {
            var failed = await node.Ork("deploy", name, folder, "--wait", "--idempotency-key", "commit", "--startup-timeout", "20s");
            Assert.Equal(8, failed.Code);
            Assert.Equal(run == 1, failed.Error.Contains("It is started again.", StringComparison.Ordinal));
        }

        var events = (await node.Ork("events", name)).Data;
        Assert.Equal((1, 1), (Regex.Count(events, "version.deployed"), Regex.Count(events, "version.activated")));
        await Delete(name);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task Deploy(int seed)
    {
        var (dice, name) = (new Random(seed), node.NewName());
        var folder = await Model(name);
        using var proxy = new FaultProxy(node.Url.Port, seed);
        Fault?[] faults = [null, .. Enum.GetValues<Fault>()];
        foreach (var fault in dice.GetItems(faults, dice.Next(1, 12)))
        {
            proxy.Plan.Enqueue(fault);
        }

        string[] command = ["deploy", name, folder, "-q", "--timeout", "5s"];
        string[] key = [];
        for (var run = 0; run < MaxRuns; run++)
        {
            var made = await node.Ork(Through(proxy), [.. command, .. key]);
            if (made.Code == 0)
            {
                Assert.Equal([made.Data.Trim()], await Versions(name));
                await Delete(name);
                return;
            }

            // Either nothing was made, or the error says how to go on.
            Assert.True(made.Code is 6 or 7, made.Error);
            if (made.Code == 7 && Key().Match(made.Error) is { Success: true } told)
            {
                key = ["--idempotency-key", told.Groups[1].Value];
            }
        }

        Assert.Fail($"Seed {seed} made no version.");
    }

    private static Around Through(FaultProxy proxy) => new() { Variables = { ["ORK_URL"] = proxy.Url.AbsoluteUri } };

    private async Task<string[]> Versions(string name) =>
        (await node.Ork("versions", name, "-q")).Data.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<Run> Delete(string name) => node.Ork("models", "delete", name, "--confirm", name);

    private async Task<string> Model(string name, string load = "pass")
    {
        var folder = _folder.CreateSubdirectory(name).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "model.py"),
            $"# {Guid.NewGuid()}\nclass Model:\n    def load(self):\n        {load}\n    def predict(self, inputs):\n        return inputs\n");
        return folder;
    }

    [GeneratedRegex("--idempotency-key ([^ :]+)")]
    private static partial Regex Key();
}
