using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;
using System.Net;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Billing;
using OrleansRegistry.Gateway;
using OrleansRegistry.Models;
using OrleansRegistry.Outbound;
using OrleansRegistry.Runtime;
using OrleansRegistry.WebConsole;

namespace OrleansRegistry.Host;

/// <summary>What a node does.</summary>
internal enum NodeRole
{
    /// <summary>Both of the others.</summary>
    Both,

    /// <summary>Holds grains.</summary>
    Silo,

    /// <summary>Answers HTTP, and asks the silos.</summary>
    Gateway,
}

/// <summary>
/// The settings below <c>Registry</c>. A property's name is the setting's, its initial value the default, and its
/// comment is in <c>docs/settings.md</c>; <c>value</c> tells a default that depends on other settings.
/// </summary>
internal sealed record RegistryOptions
{
    /// <summary>
    /// The work of this node. <c>silo</c> holds grains and answers only health. <c>gateway</c> answers the HTTP
    /// interface and asks the silos. <c>both</c> does both. <c>--role</c> is a short form.
    /// </summary>
    public NodeRole Role { get; init; }

    /// <summary>
    /// The directory of the SQLite file, of <c>admin-key</c> and of <c>secret</c>. The node makes it. One node at a
    /// time uses it.
    /// </summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>
    /// The host names that requests may carry, separated by semicolons. <c>*.example.com</c> stands for all names below
    /// it. Must be set when the server listens beyond this machine.
    /// </summary>
    /// <value>on loopback <c>localhost;127.0.0.1;[::1]</c></value>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>
    /// The origins of web pages that may call models from a browser, separated by semicolons:
    /// <c>https://app.example.com</c>. Only the routes of calls are open to them.
    /// </summary>
    /// <value>none</value>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>
    /// How long a gateway that is told to stop takes calls: until it gets none from the balancer, to which its
    /// <c>/health/ready</c> answers 503 from the beginning. A silo takes none.
    /// </summary>
    /// <value>5; 0 on SQLite on loopback</value>
    [Range(0, 3600)]
    public int? DrainSeconds { get; init; }

    /// <summary>A port that answers health and nothing else, whatever callers have open. 0 is none.</summary>
    [Range(0, IPEndPoint.MaxPort)]
    public int HealthPort { get; init; }

    /// <summary>
    /// A port that answers <c>/metrics</c> in Prometheus' text and nothing else, without a key. Keep it from callers. 0
    /// is none.
    /// </summary>
    [Range(0, IPEndPoint.MaxPort)]
    public int MetricsPort { get; init; }

    /// <summary>
    /// Networks of proxies whose <c>X-Forwarded-For</c> gives a caller's address, separated by semicolons:
    /// <c>10.1.0.0/16</c>. Their connections don't count by address.
    /// </summary>
    /// <value>none</value>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The IP address of this node on which other nodes and clients reach its silo.</summary>
    public IPAddress AdvertisedAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The IP address that the silo's ports are bound to, where another address leads to it.</summary>
    /// <value>the advertised address</value>
    public IPAddress? ListenAddress { get; init; }

    /// <summary>The port on which silos talk to each other.</summary>
    [Range(1, IPEndPoint.MaxPort)]
    public int SiloPort { get; init; } = 11111;

    /// <summary>
    /// The silo's port for gateways and other Orleans clients. 0 is none; a node of role <c>silo</c> needs one.
    /// </summary>
    [Range(0, IPEndPoint.MaxPort)]
    public int ClientPort { get; init; }

    /// <summary>
    /// Lets the silo listen beyond loopback although nothing protects its connections. <c>--insecure-cluster</c> is a
    /// short form.
    /// </summary>
    public bool InsecureCluster { get; init; }

    /// <summary>
    /// Lets a silo in a pod of Kubernetes watch the pods of its cluster, and declare those dead that were deleted.
    /// </summary>
    public bool Kubernetes { get; init; }

    /// <summary>Shows Orleans' dashboard to operators at <c>/dashboard</c>.</summary>
    public bool Dashboard { get; init; }

    /// <summary>Shows the API reference at <c>/scalar</c>.</summary>
    public bool Scalar { get; init; } = true;

    /// <summary>The age at which events that are billed and delivered are removed. 0 keeps all.</summary>
    [Range(0, 36_500)]
    public int EventRetentionDays { get; init; }

    /// <summary>
    /// Mutual TLS between the nodes of a cluster and its clients. The three files are set together.
    /// <c>new-certificate</c> makes them.
    /// </summary>
    public ClusterTlsOptions Cluster { get; init; } = new();

    /// <summary>Keys and tokens that let callers in.</summary>
    public AccessOptions Auth { get; init; } = new();

    /// <summary>Limits of callers at each gateway, and how much a model and a workspace may hold.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>How much a model and a workspace may hold.</summary>
    [ConfigurationKeyName("Limits")]
    public ModelOptions Quotas { get; init; } = new();

    /// <summary>The networks and ports in which model servers and webhooks may be.</summary>
    public OutboundOptions Outbound { get; init; } = new();

    /// <summary>The files of artifacts.</summary>
    public ArtifactOptions Artifacts { get; init; } = new();

    /// <summary>How many bytes of the artifacts' disk stay free: below, uploads are refused with <c>storage_full</c>.</summary>
    [Range(0, 1L << 50)]
    public long MinFreeBytes { get; init; } = 1L << 30;

    /// <summary>The processes of this node that serve packages.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>
    /// What an instance type gives a process that a node runs, by its name: <c>Registry__InstanceTypes__large__MemoryMiB</c>
    /// = <c>8192</c> and <c>Registry__InstanceTypes__large__Cpus</c> = <c>4</c> make the type <c>large</c>.
    /// </summary>
    /// <value>none: each process has 1,024 MiB, 1 processor and 64 processes</value>
    public FrozenDictionary<string, InstanceTypeOptions> InstanceTypes { get; init; } = FrozenDictionary<string, InstanceTypeOptions>.Empty;

    /// <summary>Calls of models.</summary>
    public CallOptions Calls { get; init; } = new();

    /// <summary>The web console at <c>/console</c>.</summary>
    public ConsoleOptions Console { get; init; } = new();

    /// <summary>Rates and statements.</summary>
    public BillingOptions Billing { get; init; } = new();
}

/// <summary>Files (PEM) by which the nodes of a cluster know each other.</summary>
internal sealed record ClusterTlsOptions
{
    /// <summary>The node's certificate (PEM), followed by those between it and the authority's, if any.</summary>
    public string? Certificate { get; init; }

    /// <summary>The private key of the certificate (PEM).</summary>
    public string? Key { get; init; }

    /// <summary>The certificates of the cluster's authority (PEM).</summary>
    public string? Authority { get; init; }
}
