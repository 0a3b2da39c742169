using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using OrleansRegistry.Cluster;
using OrleansRegistry.Host.Tests.Infrastructure;
using OrleansRegistry.Outbound;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The files that deploy a cluster say what the executable takes, and agree with each other.</summary>
[Collection(nameof(KubernetesTests))]
public sealed class ManifestTests
{
    /// <summary>Where gateways store bodies.</summary>
    private const string Spool = "spool";

    private static readonly object[] Objects = [.. Deployments.Objects()];

    private static IEnumerable<T> All<T>() => Objects.OfType<T>();

    private static V1Deployment Silo => All<V1Deployment>().Single(deployment => deployment.Metadata.Name == "silo");

    private static V1Deployment Gateway => All<V1Deployment>().Single(deployment => deployment.Metadata.Name == "gateway");

    public static TheoryData<string> ComposeNodes => [.. Deployments.ComposeNodes().Keys];

    [Fact]
    public void Each_manifest_is_part_of_the_kustomization_and_has_only_fields_that_Kubernetes_knows()
    {
        Assert.Equal(Deployments.Files().Order(), Deployments.Resources().Order());
        Assert.Equal(Deployments.Files(Deployments.WatchPods).Order(), Deployments.Resources(Deployments.WatchPods).Append("silo.yaml").Order());
        Assert.Equal(10, Objects.Length);
        Assert.Equal(4, Deployments.Objects(Deployments.WatchPods).Length);
    }

    [Fact]
    public async Task The_settings_of_the_pods_are_taken()
    {
        await MustTake(Deployments.Settings(Silo.Spec.Template.Spec));
        await MustTake(Deployments.Settings(Silo.Spec.Template.Spec, Deployments.Patch().Spec.Template.Spec.Containers.Single().Env));
        await MustTake(Deployments.Settings(Gateway.Spec.Template.Spec));
    }

    [Theory]
    [MemberData(nameof(ComposeNodes))]
    public async Task The_settings_of_the_compose_file_are_taken(string name)
    {
        var node = Deployments.ComposeNodes()[name];

        await MustTake(node.Settings);
        Assert.Equal(node.Address, node.Settings.GetValueOrDefault("Registry__AdvertisedAddress"));
    }

    [Fact]
    public void The_compose_file_has_silos_and_gateways() =>
        Assert.Equal(["gateway-1", "gateway-2", "silo-1", "silo-2"], Deployments.ComposeNodes().Keys.Order());

    [Theory]
    [MemberData(nameof(ComposeNodes))]
    public void Nodes_of_the_compose_file_have_no_rights_and_time_to_end_and_only_gateways_have_the_operators_key(string name)
    {
        var node = Deployments.ComposeNodes()[name];

        Assert.Equal(["ALL"], (List<object>)node.Fields["cap_drop"]);
        Assert.Equal(["no-new-privileges:true"], (List<object>)node.Fields["security_opt"]);
        Assert.Equal(("true", "30s"), ((string)node.Fields["read_only"], (string)node.Fields["stop_grace_period"]));
        Assert.Equal(node.Settings["Registry__Role"] == "gateway", node.Settings.ContainsKey("Registry__Auth__AdminKey"));
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    public void H5_pods_and_containers_have_time_for_an_orderly_end(string role)
    {
        var deployment = role == "silo" ? Silo : Gateway;
        var pod = deployment.Spec.Template.Spec;
        var settings = RegistrySettings.Read(new ConfigurationBuilder().AddInMemoryCollection(
            Deployments.Settings(pod).Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value))).Build());

        Assert.Equal(role == "silo" ? 0 : 5, settings.Drain.TotalSeconds);
        Assert.True(RegistryHost.LongestEnd(settings) < TimeSpan.FromSeconds(30), "Compose waits for so long.");
        Assert.True(RegistryHost.LongestEnd(settings) < TimeSpan.FromSeconds((double)pod.TerminationGracePeriodSeconds!));
        // The node itself goes on until nobody sends requests there any more.
        Assert.Null(pod.Containers.Single().Lifecycle);
    }

    [Fact]
    public async Task The_image_starts_by_the_documented_line_and_passes_its_own_health_check()
    {
        await using var database = TestDatabase.Sqlite();
        const string healthPort = "Registry__HealthPort";
        var free = RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture);
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(database) with
        {
            Environment = new Dictionary<string, string>(Deployments.Image.Concat(Deployments.DocumentedSettings())) { [healthPort] = free },
            Arguments = ["--urls=http://*:0"],
        });
        using (process)
        using (client)
        {
            // It asks by an address, which is none of the names by which callers come.
            string[] check = [.. Deployments.HealthCheck.Select(argument => argument.Replace(Deployments.Image[healthPort], free, StringComparison.Ordinal))];
            Assert.Contains(check, argument => argument.EndsWith(':' + free, StringComparison.Ordinal));
            Assert.Equal((0, ""), await Repeat(() => RegistryProcess.RunToEnd(database.Options.DataDirectory, check)));
            client.BaseAddress = new Uri($"http://127.0.0.1:{process.Address.Port}");
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
        }
    }

    [Fact]
    [Trait("Database", "PostgreSQL")]
    public async Task A_silo_and_a_gateway_with_the_settings_of_their_pods_are_a_cluster_and_pass_their_probes()
    {
        await using var database = await TestDatabase.Postgres();
        var files = ClusterCertificateFiles.Create(Path.Combine(database.Options.DataDirectory, "certificates"));
        var clients = RegistryProcess.FreePort();
        var (siloHealth, gatewayHealth) = (RegistryProcess.FreePort(), RegistryProcess.FreePort());
        var (silo, asNode) = await RegistryProcess.Start(Node(database, files, Silo, siloHealth, "--Registry:AdvertisedAddress=127.0.0.1", $"--Registry:ClientPort={clients.ToString(CultureInfo.InvariantCulture)}"));
        using (silo)
        using (asNode)
        {
            await PassProbes(siloHealth, Silo);
            var (gateway, caller) = await RegistryProcess.Start(Node(database, files, Gateway, gatewayHealth));
            using (gateway)
            using (caller)
            {
                await PassProbes(gatewayHealth, Gateway);
                foreach (var name in Names(All<V1Service>().Single(service => Single(service.Spec.Selector) == Gateway)))
                {
                    caller.DefaultRequestHeaders.Host = name;
                    var answer = await caller.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = name });
                    Assert.Equal(HttpStatusCode.Created, answer.Status);
                }
            }
        }
    }

    [Fact]
    public void Ports_are_those_of_the_settings_and_have_names_that_are_used()
    {
        var silo = Ports(Silo);
        var settings = Deployments.Settings(Silo.Spec.Template.Spec);
        Assert.Equal(
            [("clients", settings["Registry__ClientPort"]), ("health", settings["Registry__HealthPort"]), ("silo", settings["Registry__SiloPort"])],
            silo.OrderBy(port => port.Key).Select(port => (port.Key, port.Value)));
        Assert.Equal([("http", HttpPort), ("health", settings["Registry__HealthPort"])], Ports(Gateway).Select(port => (port.Key, port.Value)));
        foreach (var deployment in All<V1Deployment>())
        {
            Assert.All(Probes(deployment), probe => Assert.Equal("health", probe.HttpGet.Port.Value));
        }

        foreach (var service in All<V1Service>())
        {
            Assert.All(service.Spec.Ports, port => Assert.Contains(port.TargetPort.Value, Ports(Single(service.Spec.Selector)).Keys));
        }
    }

    [Fact]
    public void Only_silos_reach_the_ports_of_silos_and_gateways_and_clients_their_port_for_clients()
    {
        var rules = Policy("silo").Spec.Ingress;

        Assert.Equal(["clients", "silo"], rules.Select(rule => rule.Ports.Single().Port.Value).Order());
        Assert.Equal(["silo"], Who("silo"));
        Assert.Equal(["gateway", "orleans-registry/client: true"], Who("clients"));

        IEnumerable<string> Who(string port) => rules.Single(rule => rule.Ports.Single().Port.Value == port).FromProperty
            .Select(peer => peer.NamespaceSelector is null
                ? Single(peer.PodSelector.MatchLabels).Metadata.Name
                : string.Join(", ", peer.PodSelector.MatchLabels.Select(label => $"{label.Key}: {label.Value}")));
    }

    [Fact]
    public void Silos_reach_silos_and_gateways_their_port_for_clients_and_both_what_the_policy_of_the_outside_names()
    {
        var (silos, gateways) = (Policies(Silo), Policies(Gateway));

        Assert.Equal(["outside", "silo"], silos.Select(policy => policy.Metadata.Name).Order());
        Assert.Equal(["gateway", "outside"], gateways.Select(policy => policy.Metadata.Name).Order());
        Assert.Equal(["Ingress", "Egress"], Policy("silo").Spec.PolicyTypes);
        Assert.Equal(["Ingress", "Egress"], Policy("gateway").Spec.PolicyTypes);
        Assert.Equal(["Egress"], Policy("outside").Spec.PolicyTypes);
        Assert.Equal((Silo, "silo"), Inside(silos));
        Assert.Equal((Silo, "clients"), Inside(gateways));
        Assert.Equal(["53", "53", "5432"], Outside.SelectMany(rule => rule.Ports ?? []).Select(port => port.Port.Value));

        static (V1Deployment To, string Port) Inside(V1NetworkPolicy[] policies)
        {
            var rule = policies.Single(policy => policy.Metadata.Name != "outside").Spec.Egress.Single();
            return (Single(rule.To.Single().PodSelector.MatchLabels), rule.Ports.Single().Port.Value);
        }
    }

    /// <summary>The policy lets pods reach the internet, and no network that the registry takes for private or never connects to.</summary>
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.0.0.192", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("239.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("2002:a9fe:a9fe::1", false)]
    public void Pods_reach_the_addresses_that_the_registry_takes_for_public(string address, bool reached)
    {
        var blocks = Outside.SelectMany(rule => rule.To ?? []).Select(peer => peer.IpBlock).OfType<V1IPBlock>();

        Assert.Equal(reached, blocks.Any(block => Has(block.Cidr) && !block.Except.Any(Has)));
        Assert.Equal(reached, AddressGuard.KindOf(IPAddress.Parse(address)) == AddressKind.Public);

        bool Has(string network) => IPNetwork.Parse(network).Contains(IPAddress.Parse(address));
    }

    [Fact]
    public void Each_selector_finds_the_pods_of_one_deployment_and_each_deployment_has_a_budget_for_disruptions()
    {
        foreach (var deployment in All<V1Deployment>())
        {
            Assert.Same(deployment, Single(deployment.Spec.Selector.MatchLabels));
            Assert.All(deployment.Spec.Template.Spec.TopologySpreadConstraints, constraint => Assert.Same(deployment, Single(constraint.LabelSelector.MatchLabels)));
            var budget = Assert.Single(All<V1PodDisruptionBudget>(), budget => Single(budget.Spec.Selector.MatchLabels) == deployment);
            Assert.Equal("1", budget.Spec.MaxUnavailable.Value);
            Assert.True(deployment.Spec.Replicas > 1, "The only pod could not be disrupted without an outage.");
        }

        Assert.Equal(["gateway", "silo"], All<V1Service>().Select(service => Single(service.Spec.Selector).Metadata.Name).Order());
    }

    [Fact]
    public void Pods_have_no_rights_and_nothing_to_write_to_but_a_sized_volume_for_bodies()
    {
        foreach (var pod in All<V1Deployment>().Select(deployment => deployment.Spec.Template.Spec))
        {
            var container = pod.Containers.Single();
            Assert.Equal((true, 1654L, "RuntimeDefault"), (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.RunAsUser, pod.SecurityContext.SeccompProfile.Type));
            Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.False(pod.AutomountServiceAccountToken);
            Assert.Equal(["cpu", "memory"], container.Resources.Requests.Keys.Order());
            Assert.All(container.VolumeMounts, mount => Assert.Equal(mount.Name != Spool, mount.ReadOnlyProperty is true));
            Assert.All(pod.Volumes.Where(volume => volume.Name == Spool), volume => Assert.Equal("1200Mi", volume.EmptyDir.SizeLimit.ToString()));
            Assert.Equal(pod.Volumes.Select(volume => volume.Name).Order(), container.VolumeMounts.Select(mount => mount.Name).Distinct().Order());
        }
    }

    [Fact]
    public void Silos_that_watch_pods_find_each_other_and_may_read_pods_and_nothing_else()
    {
        var objects = Deployments.Objects(Deployments.WatchPods);
        var patch = Deployments.Patch();
        var account = objects.OfType<V1ServiceAccount>().Single().Metadata.Name;
        var role = objects.OfType<V1Role>().Single();
        var binding = objects.OfType<V1RoleBinding>().Single();

        Assert.Equal(Silo.Metadata.Name, patch.Metadata.Name);
        Assert.Equal(Silo.Spec.Template.Spec.Containers.Single().Name, patch.Spec.Template.Spec.Containers.Single().Name);
        Assert.Equal(new Dictionary<string, string> { ["orleans/serviceId"] = ClusterName.Value, ["orleans/clusterId"] = ClusterName.Value }, patch.Spec.Template.Metadata.Labels);
        Assert.Equal((account, true), (patch.Spec.Template.Spec.ServiceAccountName, patch.Spec.Template.Spec.AutomountServiceAccountToken));
        Assert.Equal(("ServiceAccount", account), (binding.Subjects.Single().Kind, binding.Subjects.Single().Name));
        Assert.Equal(("Role", role.Metadata.Name), (binding.RoleRef.Kind, binding.RoleRef.Name));
        var rule = role.Rules.Single();
        Assert.Equal(["", "pods", "get", "list", "watch"], [.. rule.ApiGroups, .. rule.Resources, .. rule.Verbs]);
    }

    private static IList<V1NetworkPolicyEgressRule> Outside => Policy("outside").Spec.Egress;

    private static string HttpPort { get; } = new Uri(Deployments.Image["ASPNETCORE_URLS"].Replace("*", "localhost", StringComparison.Ordinal)).Port.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Ports(V1Deployment deployment) => deployment.Spec.Template.Spec.Containers.Single().Ports
        .ToDictionary(port => port.Name, port => port.ContainerPort.ToString(CultureInfo.InvariantCulture));

    private static V1Probe[] Probes(V1Deployment deployment)
    {
        var container = deployment.Spec.Template.Spec.Containers.Single();
        return [container.StartupProbe, container.LivenessProbe, container.ReadinessProbe];
    }

    /// <summary>The only deployment whose pods a selector finds.</summary>
    private static V1Deployment Single(IDictionary<string, string> selector) =>
        Assert.Single(All<V1Deployment>(), deployment => selector.All(label => deployment.Spec.Template.Metadata.Labels.Contains(label)));

    private static V1NetworkPolicy Policy(string name) => All<V1NetworkPolicy>().Single(policy => policy.Metadata.Name == name);

    /// <summary>The policies that select the pods of a deployment.</summary>
    private static V1NetworkPolicy[] Policies(V1Deployment deployment) =>
        [.. All<V1NetworkPolicy>().Where(policy => policy.Spec.PodSelector.MatchLabels.All(label => deployment.Spec.Template.Metadata.Labels.Contains(label)))];

    /// <summary>The names of a service inside its cluster.</summary>
    private static IEnumerable<string> Names(V1Service service)
    {
        var space = All<V1Namespace>().Single().Metadata.Name;
        return [service.Metadata.Name, $"{service.Metadata.Name}.{space}", $"{service.Metadata.Name}.{space}.svc"];
    }

    /// <summary>Settings that are not valid would be told before the database, which is not there, is missed.</summary>
    private static async Task MustTake(IReadOnlyDictionary<string, string> settings)
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(
            new NodeSettings { DataDirectory = settings["Registry__DataDirectory"], SiloPort = 11111, Environment = settings }, "check");
        Assert.Equal(1, exitCode);
        Assert.Contains("The PostgreSQL database registry on 127.0.0.1:1 can't be checked", output, StringComparison.Ordinal);
    }

    private static NodeSettings Node(TestDatabase database, ClusterCertificateFiles files, V1Deployment deployment, int healthPort, params string[] arguments) => NodeSettings.On(database) with
    {
        HasOperatorKey = false,
        Environment = Deployments.Settings(deployment.Spec.Template.Spec),
        Arguments =
        [
            $"--Registry:Cluster:Certificate={files.Certificate}", $"--Registry:Cluster:Key={files.Key}", $"--Registry:Cluster:Authority={files.Authority}",
            $"--Registry:Auth:AdminKey={NodeSettings.OperatorKey}", $"--Registry:HealthPort={healthPort}", .. arguments,
        ],
    };

    [Fact]
    public void The_unit_of_systemd_starts_what_is_published_and_waits_as_long_as_a_node_takes_to_end()
    {
        var unit = File.ReadLines(Path.Combine(RepositoryRoot.Directory, "deploy", "systemd", "orleans-registry.service"))
            .Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#'))
            .ToLookup(line => line.Split('=', 2)[0], line => line.Split('=', 2)[1]);
        var settings = RegistrySettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://*:5080",
            ["Registry:AllowedHosts"] = "registry.example.com",
        }).Build());

        Assert.Equal(Path.GetFileName(RegistryProcess.Built), Path.GetFileName(unit["ExecStart"].Single().Split(' ')[1]));
        Assert.True(File.Exists(Path.Combine(RepositoryRoot.Directory, "docs", Path.GetFileName(unit["Documentation"].Single()))));
        // The system's name for where StateDirectory is.
        Assert.Contains("Registry__DataDirectory=/var/lib/" + unit["StateDirectory"].Single(), unit["Environment"]);
        const int stopSeconds = 10;
        Assert.True(RegistryHost.LongestEnd(settings).TotalSeconds + stopSeconds < int.Parse(unit["TimeoutStopSec"].Single(), CultureInfo.InvariantCulture));
    }

    /// <summary>Checks health as often as it takes, up to a minute: a busy machine answers some checks too late.</summary>
    private static async Task<(int ExitCode, string Output)> Repeat(Func<Task<(int ExitCode, string Output)>> check)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var result = await check();
            if (result.ExitCode == 0 || deadline.IsCancellationRequested)
            {
                return result;
            }
        }
    }

    private static async Task PassProbes(int healthPort, V1Deployment deployment)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{healthPort}") };
        foreach (var probe in Probes(deployment))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, probe.HttpGet.Path);
            // Kubernetes names the pod by its address.
            request.Headers.Host = "10.1.2.3";
            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }
}
