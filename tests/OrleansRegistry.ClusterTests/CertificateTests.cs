using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Cluster;
using OrleansRegistry.Testing;

namespace OrleansRegistry.ClusterTests;

/// <summary>Mutual TLS inside a cluster: who has no certificate of its authority can neither join nor call.</summary>
public sealed class CertificateTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("registry-certificates-");
    private readonly int _gatewayPort = RegistryProcess.FreePort();
    private TestDatabase _database = null!;
    private ClusterCertificateFiles _files = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.Postgres();
        _files = ClusterCertificateFiles.Create(Path.Combine(_directory.FullName, "cluster"));
    }

    public async ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_are_a_cluster_and_others_are_kept_out()
    {
        // The stranger trusts the cluster: it is the cluster that must not trust the stranger.
        var stranger = ClusterCertificateFiles.Create(Path.Combine(_directory.FullName, "stranger")) with { Authority = _files.Authority };
        var (first, firstClient) = await RegistryProcess.Start(Silo(_files, _gatewayPort));
        using (first)
        using (firstClient)
        {
            var (second, secondClient) = await RegistryProcess.Start(Silo(_files, RegistryProcess.FreePort()));
            using (second)
            using (secondClient)
            {
                var (gateway, client) = await RegistryProcess.Start(Gateway(_files));
                using (gateway)
                using (client)
                {
                    // Enough models for both silos to have some.
                    for (var i = 0; i < 20; i++)
                    {
                        Assert.Equal(HttpStatusCode.Created, (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = $"Model {i}" })).Status);
                    }
                }

                foreach (var files in (ClusterCertificateFiles?[])[stranger, null])
                {
                    using var outsider = RegistryProcess.Run(Gateway(files));
                    await outsider.WaitForOutput("Connection attempt to endpoint");
                    Assert.False(outsider.IsListening);
                    using var intruder = RegistryProcess.Run(Silo(files, RegistryProcess.FreePort()));
                    Assert.Equal(1, await intruder.WaitForExit());
                    Assert.False(intruder.IsListening);
                    var line = Assert.Single(intruder.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
                    Assert.StartsWith("orleans-registry can't start. The silo 127.0.0.1:", line, StringComparison.Ordinal);
                    Assert.Contains(files is null ? "asks for a certificate, and this node has none" : "refuses this node's certificate", line, StringComparison.Ordinal);
                }

                Assert.Contains("Authentication failed", first.Output + second.Output, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_is_used_without_a_restart()
    {
        var (silo, siloClient) = await RegistryProcess.Start(Silo(_files, _gatewayPort));
        using (silo)
        using (siloClient)
        {
            ClusterCertificateFiles.Create(Path.GetDirectoryName(_files.Certificate)!);

            var (gateway, client) = await RegistryProcess.Start(Gateway(_files));
            using (gateway)
            using (client)
            {
                await silo.WaitForOutput("The certificate of the cluster was read again");
                Assert.Equal(HttpStatusCode.OK, (await client.Call(HttpMethod.Get, "/health/ready")).Status);
            }
        }
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_keeps_a_node_from_starting()
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(Silo(_files with { Key = _files.Key + "x" }, _gatewayPort));

        Assert.Equal(1, exitCode);
        Assert.Contains("The certificate of the cluster can't be used", output, StringComparison.Ordinal);
    }

    private NodeSettings Silo(ClusterCertificateFiles? files, int gatewayPort) => NodeSettings.On(_database) with
    {
        Environment = NodeSettings.SharedSecret,
        Arguments = ["--role", "silo", $"--Registry:ClientPort={gatewayPort.ToString(CultureInfo.InvariantCulture)}", .. Arguments(files)],
    };

    private NodeSettings Gateway(ClusterCertificateFiles? files) => NodeSettings.On(_database) with
    {
        Environment = NodeSettings.SharedSecret,
        Arguments = ["--role", "gateway", .. Arguments(files)],
    };

    private static IEnumerable<string> Arguments(ClusterCertificateFiles? files) => files is null ? [] :
    [
        $"--Registry:Cluster:Certificate={files.Certificate}", $"--Registry:Cluster:Key={files.Key}", $"--Registry:Cluster:Authority={files.Authority}",
    ];
}
