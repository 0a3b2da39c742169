using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using OrleansRegistry.Testing;
using k8s;
using k8s.Models;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>What <c>deploy/kubernetes</c>, <c>docker-compose.yml</c> and the <c>Dockerfile</c> say.</summary>
internal static partial class Deployments
{
    public const string WatchPods = "watch-pods";

    private const string SecretFiles = "/run/secrets/";

    private static readonly string Kubernetes = Path.Combine(RepositoryRoot.Directory, "deploy", "kubernetes");

    /// <summary>What containers get as files, by the names of their settings.</summary>
    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["ConnectionStrings__Registry"] = "Host=127.0.0.1;Port=1;Username=registry;Database=registry",
        ["Registry__Auth__Secret"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["Registry__Auth__AdminKey"] = ApiKey.Create(),
    };

    /// <summary>What Kubernetes puts in the place of a field.</summary>
    private static readonly Dictionary<string, string> Fields = new()
    {
        ["status.podIP"] = "10.1.2.3",
        ["metadata.name"] = "silo-7d4b9-x2x4z",
        ["metadata.namespace"] = "orleans-registry",
    };

    /// <summary>The variables of the image.</summary>
    public static ImmutableDictionary<string, string> Image { get; } = ImageVariable()
        .Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "Dockerfile")))
        .ToImmutableDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value);

    /// <summary>What the image runs to find out whether it is well: the executable's arguments.</summary>
    public static string[] HealthCheck { get; } =
    [
        .. HealthCheckArgument().Matches(File.ReadLines(Path.Combine(RepositoryRoot.Directory, "Dockerfile")).Single(line => line.Contains("\"health\"", StringComparison.Ordinal)))
            .Select(match => match.Groups["value"].Value).SkipWhile(argument => argument != "health"),
    ];

    /// <summary>The variables that the documentation gives the image to run one node.</summary>
    public static Dictionary<string, string> DocumentedSettings() => DockerVariable()
        .Matches(File.ReadLines(Path.Combine(RepositoryRoot.Directory, "docs", "operations.md")).Single(line => line.StartsWith("docker run ", StringComparison.Ordinal)))
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value);

    /// <summary>The objects of a folder of manifests. A field that Kubernetes doesn't know is an error.</summary>
    public static ImmutableArray<object> Objects(string folder = "") =>
    [
        .. Resources(folder).SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Kubernetes, folder, file)), strict: true)),
    ];

    /// <summary>The files that a folder's kustomization names.</summary>
    public static ImmutableArray<string> Resources(string folder = "") =>
        [.. ((List<object>)Read(Path.Combine(Kubernetes, folder, "kustomization.yaml"))["resources"]).Cast<string>()];

    /// <summary>The files of a folder, but for its kustomization.</summary>
    public static IEnumerable<string> Files(string folder = "") =>
        Directory.GetFiles(Path.Combine(Kubernetes, folder)).Select(file => Path.GetFileName(file)!).Where(file => file != "kustomization.yaml");

    /// <summary>What the component changes on silos.</summary>
    public static V1Deployment Patch() => KubernetesYaml.Deserialize<V1Deployment>(File.ReadAllText(Path.Combine(Kubernetes, WatchPods, "silo.yaml")), strict: true);

    /// <summary>All variables and secrets of a pod, as settings.</summary>
    public static Dictionary<string, string> Settings(V1PodSpec pod, params IEnumerable<V1EnvVar> more)
    {
        var container = pod.Containers.Single();
        var settings = new Dictionary<string, string>(Image) { ["KUBERNETES_SERVICE_HOST"] = "10.0.0.1" };
        foreach (var variable in container.Env.Concat(more))
        {
            settings.Add(variable.Name, variable.Value ?? Fields[variable.ValueFrom.FieldRef.FieldPath]);
        }

        foreach (var file in container.VolumeMounts.Where(mount => mount.MountPath.StartsWith(SecretFiles, StringComparison.Ordinal)))
        {
            Assert.Equal(file.SubPath, file.MountPath[SecretFiles.Length..]);
            settings.Add(file.SubPath, Secrets[file.SubPath]);
        }

        return settings;
    }

    /// <summary>The services of the compose file that are nodes, by their names.</summary>
    public static Dictionary<string, ComposeNode> ComposeNodes()
    {
        var services = (Dictionary<object, object>)Read(Path.Combine(RepositoryRoot.Directory, "docker-compose.yml"))["services"];
        return services.Where(service => Variables(service.Value).Keys.Any(name => name.StartsWith("Registry__", StringComparison.Ordinal))).ToDictionary(
            service => (string)service.Key,
            service => new ComposeNode(
                Image.SetItems(Variables(service.Value)).SetItems(((List<object>)((Dictionary<object, object>)service.Value)["secrets"]).Select(secret => KeyValuePair.Create((string)secret, Secrets[(string)secret]))),
                ((Dictionary<object, object>)service.Value)["networks"] is Dictionary<object, object> networks
                    ? (string)((Dictionary<object, object>)networks["cluster"])["ipv4_address"]
                    : null,
                (Dictionary<object, object>)service.Value));
    }

    private static Dictionary<string, string> Variables(object service) => ((Dictionary<object, object>)service).GetValueOrDefault("environment") is Dictionary<object, object> variables
        ? variables.ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value)
        : [];

    private static Dictionary<string, object> Read(string file)
    {
        using var reader = new StreamReader(file);
        return new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(reader)));
    }

    [GeneratedRegex(@"^(?:ENV|   ) (?<name>\w+)=(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex ImageVariable();

    [GeneratedRegex("\"(?<value>[^\"]+)\"")]
    private static partial Regex HealthCheckArgument();

    [GeneratedRegex(@" -e (?<name>\w+)=(?<value>\S+)")]
    private static partial Regex DockerVariable();
}

/// <summary>A node of the compose file.</summary>
/// <param name="Settings">All its variables and secrets.</param>
/// <param name="Address">Its address in the network, where it has one of its own.</param>
/// <param name="Fields">All that the file says of it.</param>
internal sealed record ComposeNode(
    IReadOnlyDictionary<string, string> Settings, string? Address, IReadOnlyDictionary<object, object> Fields);
