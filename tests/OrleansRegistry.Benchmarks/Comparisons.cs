using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// Compares the registry with baselines, in pairs that alternate (A B B A) within one run, so that what else the machine does hits both. The
/// figure is the median of the pairs' ratios. Where the control, a baseline against itself, is off by more than 5 %, the run says nothing.
/// </summary>
internal static class Comparisons
{
    private const int Pairs = 7;
    private const int BuildPairs = 21;

    /// <summary>Limits that count each request and refuse none.</summary>
    private const int Unreached = 1_000_000;

    private const string Body = """{"instances":[[5.1,3.5,1.4,0.2]]}""";

    /// <summary>Runs all comparisons and prints them.</summary>
    public static async Task Run(int seconds)
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var model = await ServerProcess.Baseline(Baselines.Hello);
            await using var forwarder = await ServerProcess.Baseline(Baselines.Forwarder, "--to", model.Address.ToString());
            await using var registry = await ServerProcess.Registry(data.FullName, Unreached);
            await Deploy(registry.Address, model.Address);

            var bare = new Load(forwarder.Address, "POST /predict", Body);
            var hello = new Load(model.Address, "GET /", "");
            var duration = TimeSpan.FromSeconds(seconds);
            Console.WriteLine($"{Pairs} pairs of {seconds} s + {seconds} s, {Environment.ProcessorCount} processors shared with the load\n");
            Console.WriteLine("compared                            baseline/s  registry/s   ratio   spread");
            var forwarding = await Compare("control: forwarder with itself", bare, bare, duration);
            var predict = await Compare("predict / bare YARP forwarder", bare, new Load(registry.Address, "POST /v1/models/iris/predict", Body), duration);
            await Compare("predict by range / bare YARP", bare, new Load(registry.Address, "POST /v1/models/iris/predict?version=%5E1", Body), duration);
            var answering = await Compare("control: hello world with itself", hello, hello, duration);
            var resolve = await Compare("resolve / hello world", hello, new Load(registry.Address, "GET /v1/models/iris/resolve", ""), duration);
            Judge("predict / bare YARP forwarder", predict, 0.90, forwarding);
            Judge("resolve / hello world", resolve, 0.85, answering);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>Compares <c>predict</c> with that of another build, such as the one before a change, and prints it.</summary>
    /// <param name="host">The assembly of its host.</param>
    public static async Task RunWithBuild(string host)
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var model = await ServerProcess.Baseline(Baselines.Hello);
            await using var other = await ServerProcess.Registry(host, Path.Combine(data.FullName, "other"), requestsPerSecond: 0);
            await using var registry = await ServerProcess.Registry(Path.Combine(data.FullName, "own"), requestsPerSecond: 0);
            await Deploy(other.Address, model.Address);
            await Deploy(registry.Address, model.Address);
            var before = new Load(other.Address, "POST /v1/models/iris/predict", Body);
            var duration = TimeSpan.FromSeconds(3);
            Console.WriteLine("compared                              before/s     after/s   ratio   spread");
            await Compare("control: the other build with itself", before, before, duration, BuildPairs);
            await Compare("predict / predict of the other build", before, new Load(registry.Address, "POST /v1/models/iris/predict", Body), duration, BuildPairs);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static void Judge(string what, double ratio, double bound, double control) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: at least {bound:F2}: {(control is < 0.95 or > 1.05 ? "void, the control is off" : ratio >= bound ? "met" : "not met")}"));

    /// <summary>Compares and prints; answers the median ratio.</summary>
    private static async Task<double> Compare(string what, Load baseline, Load registry, TimeSpan duration, int count = Pairs)
    {
        // What is measured first would pay for compiling.
        for (var warm = 0; warm < 3; warm++)
        {
            await baseline.Run(duration);
            await registry.Run(duration);
        }

        List<(double Baseline, double Registry)> pairs = [];
        for (var pair = 0; pair < count; pair++)
        {
            var first = await (pair % 2 == 0 ? baseline : registry).Run(duration);
            var second = await (pair % 2 == 0 ? registry : baseline).Run(duration);
            pairs.Add(pair % 2 == 0 ? (first, second) : (second, first));
        }

        List<double> ratios = [.. pairs.Select(pair => pair.Registry / pair.Baseline).Order()];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-36} {Median([.. pairs.Select(pair => pair.Baseline)]),11:N0} {Median([.. pairs.Select(pair => pair.Registry)]),11:N0}   {Median(ratios),5:F2}   {ratios[0]:F2} to {ratios[^1]:F2}"));
        return Median(ratios);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task Deploy(Uri registry, Uri model)
    {
        using var client = new HttpClient { BaseAddress = registry };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ServerProcess.Key);
        using var answer = await client.PostAsJsonAsync("/v1/model_versions", new JsonObject
        {
            ["model_name"] = "iris",
            ["version"] = "1.0.0",
            ["publish"] = true,
            ["serving"] = new JsonObject { ["url"] = new Uri(model, "predict").ToString() },
        });
        answer.EnsureSuccessStatusCode();
    }
}
