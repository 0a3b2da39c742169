using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>
/// A client with a model of its own whose versions are served, each by several servers: it deploys them, waits until they
/// are up, calls, stops, starts and deletes them. What it is answered must be true of what reached the server (rules L2 to L4).
/// </summary>
internal sealed class Invoker(int number, ClusterNodes cluster, ModelServer server, Random random)
{
    private const int Rounds = 3;

    private readonly List<string> _mustNotReach = [];
    private int _deployments;
    private int _calls;

    /// <summary>How many calls versions answered.</summary>
    public int Answered { get; private set; }

    /// <summary>The calls that began when their version was known to be stopped, and reached it all the same.</summary>
    public IEnumerable<string> Wrong => _mustNotReach.Where(server.HasReached);

    /// <summary>Works until it is told to stop.</summary>
    public async Task Work(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await Deploy(stop) is not { } version)
            {
                return;
            }

            for (var round = 0; round < Rounds && await Start(version, stop); round++)
            {
                await CallEverywhere(version, mayReach: true);
                if (await Do(HttpMethod.Post, $"{version}/deactivate", stop))
                {
                    await CallEverywhere(version, mayReach: false);
                }
            }

            if (await Do(HttpMethod.Delete, version, stop))
            {
                await CallEverywhere(version, mayReach: false);
            }
        }
    }

    private HttpClient Gateway => cluster.Any(random);

    /// <summary>Deploys and publishes a version; its path, or null when it is told to stop meanwhile.</summary>
    private async Task<string?> Deploy(CancellationToken stop)
    {
        var environment = $"{number}-{_deployments++}";
        var deployment = new JsonObject
        {
            ["model_name"] = $"Served {number}",
            ["publish"] = true,
            ["serving"] = new JsonObject { ["servers"] = new JsonArray([.. server.Ways.Index().Select(way => Server(way.Item.Port, $"{environment}-{way.Index}"))]) },
        };
        while (!stop.IsCancellationRequested)
        {
            if (await Gateway.Call(HttpMethod.Post, "/v1/model_versions", deployment, environment) is { Fate: Fate.Acknowledged, Body: { } body })
            {
                return $"/v1/model_versions/{body["id"]}";
            }
        }

        return null;
    }

    private static JsonObject Server(int port, string environment) => new()
    {
        ["url"] = $"http://127.0.0.1:{port}/{environment}",
        ["health_url"] = $"http://127.0.0.1:{port}/{environment}/health",
    };

    /// <summary>Activates a version that may be active, and waits until it is up; false when it is told to stop meanwhile.</summary>
    private async Task<bool> Start(string version, CancellationToken stop)
    {
        if (!await Do(HttpMethod.Post, $"{version}/activate", stop))
        {
            return false;
        }

        while (!stop.IsCancellationRequested)
        {
            var seen = await Gateway.Call(HttpMethod.Get, $"{version}?wait=ready&timeout_seconds=10");
            if (seen.Fate == Fate.Acknowledged && (string?)seen.Body!["serving"]!["status"] is var status && status != "starting")
            {
                Assert.Equal("ready", status);
                return true;
            }
        }

        return false;
    }

    /// <summary>Sends a command until it is done; false when it is told to stop meanwhile.</summary>
    private async Task<bool> Do(HttpMethod method, string path, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var reply = await Gateway.Call(method, path);
            if (reply.Fate == Fate.Acknowledged)
            {
                return true;
            }

            // A deletion of unknown outcome may have been one.
            if (method == HttpMethod.Delete && reply.Fate == Fate.Refused)
            {
                Assert.Equal("version_deleted", (string?)reply.Body!["code"]);
                return true;
            }

            Assert.True(reply.Fate != Fate.Refused, $"{method} {path}: {reply.Status} {reply.Body}");
        }

        return false;
    }

    /// <summary>Calls a version by each gateway at once.</summary>
    private Task CallEverywhere(string version, bool mayReach) => Task.WhenAll(cluster.Gateways.Select(async gateway =>
    {
        var call = $"{number}-{Interlocked.Increment(ref _calls)}";
        if (!mayReach)
        {
            lock (_mustNotReach)
            {
                _mustNotReach.Add(call);
            }
        }

        var reply = await gateway.Client.Call(HttpMethod.Post, $"{version}/predict/{call}");
        if (reply.Fate != Fate.Acknowledged)
        {
            return;
        }

        Assert.True(mayReach && server.HasReached(call), $"Call {call} of {version} was answered {reply.Status}.");
        lock (_mustNotReach)
        {
            Answered++;
        }
    }));
}
