using System.Globalization;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// What a caller notices of another workspace that sends ten times what it may: of its resolves beside resolves,
/// and of its deployments beside deployments. Quiet and noisy phases alternate.
/// </summary>
internal static class NoisyNeighbour
{
    private const int Limit = 200;
    private const int NoisyPerSecond = Limit * 10;
    private const int NoisyConnections = 50;
    private const int Rounds = 7;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(10);

    /// <summary>Runs the comparisons and prints them.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var registry = await ServerProcess.Registry(data.FullName, Limit, "--Registry:Limits:ModelsPerWorkspace=1000000");
            var (noisyKey, _) = await TwoWorkspaces.Make(registry.Address);
            await Compare("resolve", registry, Resolve(ServerProcess.Key), Resolve(noisyKey), quietPerSecond: Limit / 2, bound: null);
            await Compare("deploy", registry, Deploy(ServerProcess.Key), Deploy(noisyKey), quietPerSecond: 10, bound: 3);

            Func<int, byte[]> Resolve(string key)
            {
                var request = Load.Request(registry.Address, key, "GET /v1/models/iris/resolve", "");
                return _ => request;
            }

            Func<int, byte[]> Deploy(string key) => n => Load.Request(registry.Address, key, "POST /v1/model_versions", $$"""{"model_name":"model {{n}}"}""");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static async Task Compare(
        string what, ServerProcess registry, Func<int, byte[]> quietly, Func<int, byte[]> noisily, int quietPerSecond, double? bound)
    {
        var quiet = new Paced(registry.Address, quietPerSecond, connections: 10, quietly);
        var noisy = new Paced(registry.Address, NoisyPerSecond, NoisyConnections, noisily);
        // What is measured first would pay for compiling.
        await Task.WhenAll(quiet.Run(Phase), noisy.Run(Phase));

        var pairs = new Pairs();
        var (refused, sent) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var alone = await quiet.Run(Phase);
            var both = await Task.WhenAll(quiet.Run(Phase), noisy.Run(Phase));
            (refused, sent) = (refused + both[1].Refused, sent + both[1].Count);
            pairs.Add(alone, both[0]);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: limit {Limit}/s; quiet {quietPerSecond}/s, noisy {NoisyPerSecond}/s over {NoisyConnections} connections, of which {100.0 * refused / sent:F0} % were refused; {Rounds} pairs of {Phase.TotalSeconds} s + {Phase.TotalSeconds} s"));
        pairs.Print(what, 0.50, bound);
        pairs.Print(what, 0.99);
        Console.WriteLine($"refused of the quiet caller's: {pairs.Refused}");
    }
}
