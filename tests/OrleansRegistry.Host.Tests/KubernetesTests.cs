using System.Globalization;
using System.Net;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting.Kubernetes;
using OrleansRegistry.Cluster;
using OrleansRegistry.Host.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>A silo that watches the pods of its cluster (<c>Registry__Kubernetes</c>), with an API server that the test plays.</summary>
[Collection(nameof(KubernetesTests))]
[Trait("Database", "PostgreSQL")]
public sealed class KubernetesTests : IAsyncLifetime
{
    private const string This = "silo-this";
    private const string Other = "silo-other";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(1);

    /// <summary>What a pod has in its environment, and two variables that must not count.</summary>
    private static readonly Dictionary<string, string> Variables = new()
    {
        ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1",
        ["POD_NAME"] = This,
        ["POD_NAMESPACE"] = FakeKubernetes.Namespace,
        [KubernetesHostingOptions.ServiceIdEnvironmentVariable] = "another",
        [KubernetesHostingOptions.ClusterIdEnvironmentVariable] = "another",
    };

    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.Postgres();
        foreach (var (name, value) in Variables)
        {
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in Variables.Keys)
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_silo_whose_pod_is_deleted_is_declared_dead_and_neither_names_nor_addresses_of_the_cluster_change()
    {
        using var other = await StartOther();
        await using var kubernetes = await FakeKubernetes.Start(This, Other);
        await using var silo = Build(kubernetes, out var port);
        await silo.StartAsync(TestContext.Current.CancellationToken).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);

        var cluster = silo.Services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        Assert.Equal(("orleans-registry", "orleans-registry"), (cluster.ServiceId, cluster.ClusterId));
        var endpoints = silo.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, port), endpoints.SiloListeningEndpoint);
        Assert.Equal((IPAddress.Loopback, port, 0, null), (endpoints.AdvertisedIPAddress, endpoints.SiloPort, endpoints.GatewayPort, endpoints.GatewayListeningEndpoint));
        Assert.Equal(This, silo.Services.GetRequiredService<ILocalSiloDetails>().Name);

        await kubernetes.Delete(Other).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);

        // Alive, and heard by everybody: only its pod is gone.
        await other.WaitForOutput("is no member of the cluster any more");
        Assert.Equal(1, await other.WaitForExit());
        Assert.DoesNotContain("Process terminated", other.Output, StringComparison.Ordinal);
        Assert.All(kubernetes.Selectors, selector => Assert.Equal("orleans/serviceId=orleans-registry,orleans/clusterId=orleans-registry", selector));
    }

    [Fact]
    public async Task A_member_without_a_pod_is_declared_dead_by_a_silo_that_starts()
    {
        using var other = await StartOther();
        await using var kubernetes = await FakeKubernetes.Start(This);
        await using var silo = Build(kubernetes, out _);

        await silo.StartAsync(TestContext.Current.CancellationToken).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);

        await other.WaitForOutput("is no member of the cluster any more");
        Assert.Equal(1, await other.WaitForExit());
        Assert.DoesNotContain("Process terminated", other.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--role=gateway", "is for silos on PostgreSQL")]
    [InlineData("--Registry:Kubernetes=true", "The settings are not valid: Registry:Kubernetes is for silos in pods of Kubernetes; KUBERNETES_SERVICE_HOST, POD_NAME, POD_NAMESPACE must be set in the environment.\n")]
    public async Task Outside_of_a_pod_a_silo_does_not_start_and_says_why(string argument, string why)
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(NodeSettings.On(_database) with
        {
            Arguments = ["--Registry:Kubernetes=true", argument],
            Environment = Variables.ToDictionary(variable => variable.Key, _ => ""),
        });

        Assert.Equal(1, exitCode);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_SQLite_there_is_nobody_to_watch()
    {
        await using var database = TestDatabase.Sqlite();

        var (exitCode, output) = await RegistryProcess.RunToEnd(NodeSettings.On(database) with { Arguments = ["--Registry:Kubernetes=true"] });

        Assert.Equal(1, exitCode);
        Assert.Contains("Registry:Kubernetes is for silos on PostgreSQL", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_without_a_service_account_does_not_start_and_says_why()
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(NodeSettings.On(_database) with { Arguments = ["--Registry:Kubernetes=true"] });

        Assert.Equal(1, exitCode);
        Assert.Contains("Registry:Kubernetes needs the pod's service account", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_Kubernetes_replaces_is_used_without_a_restart()
    {
        // A mounted secret: links to a link to the directory of the day.
        var mount = Path.Combine(_database.Options.DataDirectory, "mount");
        var files = new ClusterCertificateFiles(Path.Combine(mount, "node.crt"), Path.Combine(mount, "node.key"), Path.Combine(mount, "authority.crt"));
        var days = new[] { Path.Combine(mount, "..first"), Path.Combine(mount, "..second") };
        ClusterCertificateFiles.Create(days[0]);
        var today = Path.Combine(mount, "..data");
        Directory.CreateSymbolicLink(today, days[0]);
        foreach (var file in Directory.GetFiles(days[0]).Select(Path.GetFileName))
        {
            File.CreateSymbolicLink(Path.Combine(mount, file!), Path.Combine("..data", file!));
        }

        string[] arguments = [$"--Registry:Cluster:Certificate={files.Certificate}", $"--Registry:Cluster:Key={files.Key}", $"--Registry:Cluster:Authority={files.Authority}"];
        var (silo, client) = await RegistryProcess.Start(NodeSettings.On(_database) with { Environment = NodeSettings.SharedSecret, Arguments = ["--role=silo", $"--Registry:ClientPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}", .. arguments] });
        using (silo)
        using (client)
        {
            // The same authority, another certificate.
            Directory.CreateDirectory(days[1]);
            foreach (var file in Directory.GetFiles(days[0], "authority.*"))
            {
                File.Copy(file, Path.Combine(days[1], Path.GetFileName(file)));
            }

            ClusterCertificateFiles.Create(days[1]);
            File.Delete(today);
            Directory.CreateSymbolicLink(today, days[1]);

            var (gateway, caller) = await RegistryProcess.Start(NodeSettings.On(_database) with { Environment = NodeSettings.SharedSecret, Arguments = ["--role=gateway", .. arguments] });
            using (gateway)
            using (caller)
            {
                await silo.WaitForOutput("The certificate of the cluster was read again");
                Assert.Equal(HttpStatusCode.OK, (await caller.Call(HttpMethod.Get, "/health/ready")).Status);
            }
        }
    }

    private WebApplication Build(FakeKubernetes kubernetes, out int port)
    {
        port = RegistryProcess.FreePort();
        return RegistryHost.Build(
            [
                "--urls=http://127.0.0.1:0",
                "--Registry:Kubernetes=true",
                $"--Registry:DataDirectory={_database.Options.DataDirectory}",
                $"--ConnectionStrings:Registry={_database.Options.PostgresConnectionString}",
                $"--Registry:SiloPort={port.ToString(CultureInfo.InvariantCulture)}",
            ],
            services => services
                .AddLogging(logging => logging.ClearProviders())
                .PostConfigure<KubernetesHostingOptions>(options => options.GetClientConfiguration = () => new KubernetesClientConfiguration { Host = kubernetes.Address }));
    }

    /// <summary>A silo with the name of its pod that doesn't watch the others.</summary>
    private async Task<RegistryProcess> StartOther()
    {
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(_database) with { Arguments = [$"--Orleans:Name={Other}"] });
        client.Dispose();
        return process;
    }
}
