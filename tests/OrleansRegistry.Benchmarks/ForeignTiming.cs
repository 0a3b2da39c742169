using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// Whether the time of a 404 tells that another workspace has what was asked for. A caller asks for it, for what nobody has, and, as a
/// control, for something else that nobody has, in turns.
/// </summary>
internal static class ForeignTiming
{
    private const int Rounds = 3000;
    private const int NotFound = 404;

    private static readonly string[] Nobodys = ["0000000000", "0000000001"];

    /// <summary>Runs the comparison and prints it.</summary>
    public static async Task Run()
    {
        var data = Directory.CreateTempSubdirectory("registry-benchmark-");
        try
        {
            await using var registry = await ServerProcess.Registry(data.FullName, requestsPerSecond: 0);
            var (key, version) = await TwoWorkspaces.Make(registry.Address);
            var foreign = (string)version["model_id"]!;
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(registry.Address.Host, registry.Address.Port);
            string[] routes =
            [
                "GET /v1/models/{0}", "GET /v1/models/{0}/resolve", "GET /v1/model_versions/{0}-1", "GET /v1/model_versions/{0}-1/usage",
                "POST /v1/model_versions/{0}-1/promote", "DELETE /v1/models/{0}",
            ];
            foreach (var route in routes)
            {
                byte[][] requests =
                [
                    .. Nobodys.Prepend(foreign).Select(id => Load.Request(registry.Address, key, string.Format(CultureInfo.InvariantCulture, route, id), "")),
                ];
                // What is measured first would pay for compiling.
                await Measure(socket, requests);
                var medians = (await Measure(socket, requests)).Select(times => times.Order().ElementAt(Rounds / 2)).ToList();
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{route.Replace("{0}", "{id}", StringComparison.Ordinal),-40} nobody's {medians[1]:F0} us, another workspace's / nobody's {medians[0] / medians[1]:F3}, control {medians[2] / medians[1]:F3}"));
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>The microseconds of each request, in turns.</summary>
    private static async Task<List<double>[]> Measure(Socket socket, byte[][] requests)
    {
        var buffer = new byte[8192];
        List<double>[] times = [.. requests.Select(_ => new List<double>(Rounds))];
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < requests.Length; i++)
            {
                // Each comes first, second and third equally often.
                var which = (round + i) % requests.Length;
                var begun = Stopwatch.GetTimestamp();
                if (await Load.Exchange(socket, requests[which], buffer) is not NotFound and var status)
                {
                    throw new InvalidOperationException($"The server answered {status}.");
                }

                times[which].Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            }
        }

        return times;
    }
}
