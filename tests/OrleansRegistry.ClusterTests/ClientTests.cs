using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Another service, in a process of its own, that uses the registry as a client of its cluster.</summary>
public sealed class ClientTests
{
    private static readonly string Service = Path.GetFullPath(
        typeof(ClientTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "SampleService").Value!, AppContext.BaseDirectory);

    [Fact]
    public async Task E1_N5_L2_a_service_and_callers_over_HTTP_see_one_registry_while_silos_are_killed()
    {
        await using var cluster = await ClusterNodes.Start(silos: 3, gateways: 1);
        var gateway = cluster.Gateways[0].Client;
        var (process, service) = await RegistryProcess.Start(Settings(cluster, cluster.CertificateDirectory));
        using (process)
        using (service)
        using (var watcher = new ServiceWatcher())
        {
            try
            {
                await UseBoth(cluster, gateway, process, service, watcher);
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidOperationException(process.Output, e);
            }
        }
    }

    [Fact]
    public async Task E2_a_service_without_a_certificate_of_the_cluster_does_not_get_in()
    {
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 0);
        var stranger = Directory.CreateTempSubdirectory("registry-stranger-");
        try
        {
            Cluster.ClusterCertificateFiles.Create(stranger.FullName);
            foreach (var certificates in (string?[])[stranger.FullName, null])
            {
                using var outsider = RegistryProcess.Run(Settings(cluster, certificates));
                await outsider.WaitForOutput("Connection attempt to endpoint");
                Assert.False(outsider.IsListening);
                if (certificates is null)
                {
                    await outsider.WaitForOutput("certificate missing?");
                    await cluster.Silos[0].Process.WaitForOutput("Certificate missing: ");
                }
            }
        }
        finally
        {
            stranger.Delete(recursive: true);
        }
    }

    private static async Task UseBoth(ClusterNodes cluster, HttpClient gateway, RegistryProcess process, HttpClient service, ServiceWatcher watcher)
    {
        var made = (await service.Call(HttpMethod.Post, "/models/Shared?key=build-1")).MustBe(HttpStatusCode.OK).Body!;
        var id = (string)made["version"]!["id"]!;
        Assert.Equal("service:sample", (string)(await gateway.Read($"/v1/model_versions/{id}"))["created_by"]!);
        // The key that the service has used means the same over HTTP.
        var repeated = await gateway.Call(
            HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "Shared", ["publish"] = true }, idempotencyKey: "build-1");
        Assert.Equal(id, (string)repeated.MustBe(HttpStatusCode.Created).Body!["id"]!);

        var watching = watcher.Watch(service);
        for (var i = 0; i < cluster.Silos.Length - 1; i++)
        {
            var next = await gateway.Deploy("Shared");
            Assert.Equal((string)next["id"]!, (string)(await service.Read("/models/Shared"))["versionId"]!);

            await cluster.Silos[i].Process.Kill();

            // Nobody tells the service: it finds another silo, asks again, and deploys once.
            Assert.Equal((string)next["id"]!, (string)(await service.Read("/models/Shared"))["versionId"]!);
            var deployed = (await service.Call(HttpMethod.Post, "/models/Shared")).MustBe(HttpStatusCode.OK).Body!;
            Assert.Equal($"0.{(2 * i) + 3}.0", (string)deployed["version"]!["version"]!);
            (await service.Call(HttpMethod.Post, $"/versions/{deployed["version"]!["id"]}/deactivate")).MustBe(HttpStatusCode.OK);
            Assert.Equal((string)next["id"]!, (string)(await gateway.Read("/v1/models/Shared/resolve"))["version_id"]!);
            // One at a time: a silo that is left alone by two others at once has too few votes to declare them dead.
            while (!await cluster.IsDeclaredDead(cluster.Silos[i]))
            {
                // The database is asked until it says so.
            }
        }

        var events = (await gateway.ReadAll("/v1/events")).ConvertAll(happened => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture));
        await watcher.Reach(events[^1]);
        Assert.Equal(events, watcher.Seen);
        await process.Signal("TERM");
        await watching;
    }

    private static NodeSettings Settings(ClusterNodes cluster, string? certificates) => cluster.Settings with
    {
        Executable = Service,
        Arguments =
        [
            // Streams that watch go on until then.
            "--shutdownTimeoutSeconds=1",
            .. cluster.Silos.Select((silo, i) => string.Create(CultureInfo.InvariantCulture, $"--Sample:Silos:{i}=127.0.0.1:{silo.Callers.Port}")),
            .. certificates is null ? Array.Empty<string>() : [$"--Sample:Certificates={certificates}"],
        ],
    };

    /// <summary>Follows the events as the service hands them on.</summary>
    private sealed class ServiceWatcher : IDisposable
    {
        private readonly List<long> _seen = [];
        private readonly SemaphoreSlim _more = new(0);

        public IReadOnlyList<long> Seen => _seen;

        public void Dispose() => _more.Dispose();

        public async Task Watch(HttpClient service)
        {
            using var response = await service.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            try
            {
                while (await reader.ReadLineAsync() is { } line)
                {
                    if (line.StartsWith("data: ", StringComparison.Ordinal))
                    {
                        _seen.Add(long.Parse((string)JsonNode.Parse(line["data: ".Length..])!["id"]!, CultureInfo.InvariantCulture));
                        _more.Release();
                    }
                }
            }
            catch (IOException)
            {
                // The service ends.
            }
        }

        /// <summary>Waits until it has seen an event.</summary>
        public async Task Reach(long last)
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            do
            {
                await _more.WaitAsync(timeout.Token);
            }
            while (_seen[^1] < last);
        }
    }
}
