using System.Globalization;
using System.Net;
using System.Reflection;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Another service, in a process of its own, that is a silo of the registry: it calls the registry without a gateway.</summary>
public sealed class CoHostTests
{
    private static readonly string Service = Path.GetFullPath(
        typeof(CoHostTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "SampleSilo").Value!, AppContext.BaseDirectory);

    [Fact]
    public async Task E1_a_service_with_a_file_of_its_own_goes_on_after_a_kill_and_a_node_takes_the_file_over()
    {
        await using var database = TestDatabase.Sqlite();
        var settings = NodeSettings.On(database) with { Executable = Service, HasOperatorKey = false, Arguments = [] };
        string id;
        var (first, client) = await Start(settings);
        using (first)
        using (client)
        {
            id = await DeployAndPublish(client);

            // The file has one process.
            using var second = Run(settings);
            await second.WaitForExit();
            Assert.Contains("Another instance uses the data directory", second.Output, StringComparison.Ordinal);
            await first.Kill();
        }

        var (again, survivor) = await Start(settings);
        using (again)
        using (survivor)
        {
            Assert.Equal(id, (string)(await survivor.Read("/models/co%20hosted"))["versionId"]!);
            (await survivor.Call(HttpMethod.Get, "/models/co%20hosted?version=%5E7")).MustBe(HttpStatusCode.NotFound);
            Assert.Equal("0.2.0", (string)(await survivor.Call(HttpMethod.Post, "/models/co%20hosted")).MustBe(HttpStatusCode.OK).Body!["version"]!["version"]!);
            await again.Signal("TERM");
            await again.WaitForExit();
        }

        var (node, caller) = await RegistryProcess.Start(NodeSettings.On(database));
        using (node)
        using (caller)
        {
            var version = await caller.Read("/v1/model_versions/" + id);
            Assert.Equal(("service:sample", true), ((string)version["created_by"]!, (bool)version["is_primary"]!));
        }
    }

    [Fact]
    public async Task E1_L2_a_service_is_one_silo_of_a_cluster_of_nodes_and_any_of_them_is_killed()
    {
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 1);
        var gateway = cluster.Gateways[0].Client;
        var settings = Member(cluster, cluster.CertificateDirectory);
        var (first, client) = await Start(settings);
        using (first)
        using (client)
        {
            var id = await DeployAndPublish(client);
            Assert.Equal(id, (string)(await gateway.Read("/v1/models/co%20hosted/resolve"))["version_id"]!);
            var next = (string)(await gateway.Deploy("co hosted"))["id"]!;
            Assert.Equal(next, (string)(await client.Read("/models/co%20hosted"))["versionId"]!);
            // Each holds some of them, and calls go both ways.
            for (var i = 0; i < 10; i++)
            {
                await gateway.Deploy($"of the gateway {i}");
                Assert.Equal($"of the gateway {i}", (string)(await client.Read($"/models/of%20the%20gateway%20{i}"))["modelName"]!);
            }

            await first.Kill();
            Assert.Equal(next, (string)(await gateway.Read("/v1/models/co%20hosted/resolve"))["version_id"]!);
        }

        var (again, survivor) = await Start(settings);
        using (again)
        using (survivor)
        {
            await cluster.Silos[0].Process.Kill();

            Assert.Equal("co hosted", (string)(await survivor.Read("/models/co%20hosted"))["modelName"]!);
            Assert.Equal("0.3.0", (string)(await gateway.Deploy("co hosted"))["version"]!);
        }
    }

    [Fact]
    public async Task E2_a_service_with_another_secret_or_without_a_certificate_does_not_start()
    {
        await using var cluster = await ClusterNodes.Start(silos: 1, gateways: 0);
        using var stranger = Run(Member(cluster, null));
        using var forgetful = Run(Member(cluster, cluster.CertificateDirectory) with
        {
            Arguments = [.. Member(cluster, cluster.CertificateDirectory).Arguments, $"--Sample:Secret={Convert.ToBase64String(new byte[32])}"],
        });

        await Task.WhenAll(stranger.WaitForExit(), forgetful.WaitForExit());

        Assert.Contains("another secret than Registry__Auth__Secret", forgetful.Output, StringComparison.Ordinal);
        Assert.False(stranger.IsListening);
    }

    private static NodeSettings Member(ClusterNodes cluster, string? certificates) => cluster.Settings with
    {
        Executable = Service,
        HasOperatorKey = false,
        Arguments =
        [
            $"--Sample:Secret={NodeSettings.SharedSecret.Values.Single()}",
            $"--Sample:ClientPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}",
            .. certificates is null ? Array.Empty<string>() : [$"--Sample:Certificates={certificates}"],
        ],
    };

    private static Task<(RegistryProcess Process, HttpClient Client)> Start(NodeSettings settings) => RegistryProcess.Start(WithPorts(settings));

    private static RegistryProcess Run(NodeSettings settings) => RegistryProcess.Run(WithPorts(settings));

    private static NodeSettings WithPorts(NodeSettings settings) => settings with
    {
        Arguments =
        [
            $"--Sample:DataDirectory={settings.DataDirectory}",
            $"--Sample:SiloPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}",
            .. settings.Arguments,
        ],
    };

    private static async Task<string> DeployAndPublish(HttpClient service)
    {
        var made = (await service.Call(HttpMethod.Post, "/models/co%20hosted")).MustBe(HttpStatusCode.OK).Body!;
        var id = (string)made["version"]!["id"]!;
        (await service.Call(HttpMethod.Get, "/models/co%20hosted")).MustBe(HttpStatusCode.Conflict);
        (await service.Call(HttpMethod.Post, $"/versions/{id}/publish")).MustBe(HttpStatusCode.OK);
        Assert.Equal(id, (string)(await service.Read("/models/co%20hosted"))["versionId"]!);
        return id;
    }
}
