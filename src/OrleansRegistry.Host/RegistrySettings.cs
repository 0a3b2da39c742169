using System.Collections.Frozen;
using System.Net;
using OrleansRegistry.Billing;
using OrleansRegistry.Cluster;
using OrleansRegistry.Gateway;
using OrleansRegistry.Outbound;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary>
/// The settings of a node from <c>appsettings.json</c>, environment and command line, checked as a whole, and what
/// follows from them.
/// </summary>
internal sealed record RegistrySettings
{
    /// <summary>Where the server listens unless <c>ASPNETCORE_URLS</c> says otherwise.</summary>
    public const string DefaultUrls = "http://127.0.0.1:5080";

    private const string Root = "Registry";

    private const int DefaultDrainSeconds = 5;

    /// <summary>The variables that tell a silo which pod it is in, beside its service account.</summary>
    private static readonly string[] PodVariables = ["KUBERNETES_SERVICE_HOST", "POD_NAME", "POD_NAMESPACE"];

    /// <summary>The settings as they are set.</summary>
    public required RegistryOptions Options { get; init; }

    /// <summary>A PostgreSQL database to use instead of SQLite (<c>ConnectionStrings__Registry</c>), or null.</summary>
    public string? PostgresConnectionString { get; private init; }

    /// <summary>Where the server listens (<c>ASPNETCORE_URLS</c>).</summary>
    public required string Urls { get; init; }

    /// <summary>The addresses that <c>Kestrel:Endpoints</c> names instead of <see cref="Urls"/>.</summary>
    public IReadOnlyList<string> Endpoints { get; private init; } = [];

    /// <summary>Where it listens for health beside that: on the same hosts.</summary>
    public IReadOnlyList<string> HealthUrls => UrlsOf(Options.HealthPort);

    /// <summary>Where it answers metrics: on the same hosts.</summary>
    public IReadOnlyList<string> MetricsUrls => UrlsOf(Options.MetricsPort);

    /// <summary>Where the rows are.</summary>
    public StorageOptions Storage => Silo.Storage;

    /// <summary>Where the files of artifacts are, or null for nowhere.</summary>
    public string? ArtifactDirectory =>
        Options.Artifacts.Directory ?? (PostgresConnectionString is null ? Path.Combine(Options.DataDirectory, "artifacts") : null);

    /// <summary>Where the node keeps what its processes need.</summary>
    public RunnerPlace RunnerPlace
    {
        get
        {
            var directory = Path.GetFullPath(Options.DataDirectory);
            var isEmbedded = PostgresConnectionString is null;
            return new RunnerPlace
            {
                DataDirectory = directory,
                RunDirectory = Path.Combine(directory, "run"),
                HasDefaultPython = isEmbedded && IsLocal,
                IsOnLoopback = IsLocal,
                IsInCluster = !isEmbedded,
            };
        }
    }

    /// <summary>What instance types give a process.</summary>
    public InstanceTypes InstanceTypes => new(Options.InstanceTypes.ToFrozenDictionary(
        type => type.Key, type => new ProcessResources(type.Value.MemoryMiB, type.Value.Cpus, type.Value.Processes)));

    /// <summary>The settings of access.</summary>
    public AccessOptions Access => Options.Auth with
    {
        Directory = Options.DataDirectory,
        AllowedHosts = Options.AllowedHosts is [] && IsLocal
            ? ["localhost", "127.0.0.1", "[::1]"]
            : Options.AllowedHosts,
    };

    /// <summary>How calls are forwarded.</summary>
    public CallOptions Calls => Options.Calls with
    {
        IsOneOfSeveral = PostgresConnectionString is not null,
        AllowedOrigins = Options.AllowedOrigins,
        MinFreeBytes = Options.MinFreeBytes,
    };

    /// <summary>How much callers may ask of a gateway.</summary>
    public LimitOptions Limits => Options.Limits with
    {
        TrustedProxies = Options.TrustedProxies,
        HealthPort = Options.HealthPort == 0 ? null : Options.HealthPort,
    };

    /// <summary>The silo, and the data of any node.</summary>
    public RegistrySiloOptions Silo => new()
    {
        DataDirectory = Options.DataDirectory,
        PostgresConnectionString = PostgresConnectionString,
        EventRetentionDays = Options.EventRetentionDays,
        Secret = Options.Auth.Secret,
        PreviousSecret = Options.Auth.PreviousSecret,
        AdvertisedAddress = Options.AdvertisedAddress,
        ListenAddress = Options.ListenAddress,
        SiloPort = Options.SiloPort,
        ClientPort = Options.ClientPort,
        Certificates = Certificates,
        InsecureCluster = Options.InsecureCluster,
        ArtifactDirectory = ArtifactDirectory,
        MinFreeBytes = Options.MinFreeBytes,
        Outbound = Options.Outbound with { OwnPorts = [Options.HealthPort, Options.MetricsPort] },
        Quotas = Options.Quotas,
        Billing = Options.Billing,
    };

    /// <summary>The files by which the nodes of a cluster know each other, or null when they don't.</summary>
    public ClusterCertificateFiles? Certificates =>
        Options.Cluster is { Certificate: { } certificate, Key: { } key, Authority: { } authority }
        ? new ClusterCertificateFiles(certificate, key, authority)
        : null;

    /// <summary>The address that the silo's ports are bound to.</summary>
    public IPAddress ListenAddress => Options.ListenAddress ?? Options.AdvertisedAddress;

    /// <summary>Whether the node has files in the data directory: rows, the secret, or the first key.</summary>
    public bool KeepsFiles =>
        PostgresConnectionString is null
        || (Options.Role != NodeRole.Silo && (Options.Auth.Secret is null || Options.Auth.AdminKey is null));

    /// <summary>How long calls are taken once the node is told to stop. A node for this machine alone has no balancer.</summary>
    public TimeSpan Drain => TimeSpan.FromSeconds(
        Options.Role == NodeRole.Silo ? 0 : Options.DrainSeconds ?? (PostgresConnectionString is null && IsLocal ? 0 : DefaultDrainSeconds));

    /// <summary>The addresses that the server listens on, as far as they can be read.</summary>
    private IEnumerable<BindingAddress> Addresses => Listening.Where(IsHttp).Select(BindingAddress.Parse);

    private IReadOnlyList<string> Listening => Endpoints is [] ? Setting.Split(Urls) : Endpoints;

    /// <summary>Whether callers come from this machine only, or none at all.</summary>
    private bool IsLocal => Options.Role == NodeRole.Silo || Listening.All(IsLoopback);

    /// <summary>Reads and checks every setting.</summary>
    /// <exception cref="StartupException">One or more are not valid; the message says all that is wrong.</exception>
    public static RegistrySettings Read(IConfiguration configuration)
    {
        List<string> problems = [];
        var postgres = configuration.GetConnectionString(Root) is { Length: > 0 } connection ? connection : null;
        var isEmbedded = postgres is null;
        var options = new RegistryOptions
        {
            Outbound = new OutboundOptions { AllowPrivate = isEmbedded, AllowLoopback = isEmbedded },
        };
        new SettingsBinder(problems).Bind(configuration.GetSection(Root), options);
        var settings = new RegistrySettings
        {
            Options = options,
            PostgresConnectionString = postgres,
            Urls = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? urls : DefaultUrls,
            Endpoints =
            [
                .. configuration.GetSection("Kestrel:Endpoints").GetChildren()
                    .Select(endpoint => endpoint["Url"] ?? ""),
            ],
        };
        problems.AddRange(settings.Problems(configuration));
        return problems.Count == 0 ? settings : throw StartupException.Of(problems);
    }

    /// <summary>The problems of settings that can be read.</summary>
    private IEnumerable<string> Problems(IConfiguration configuration) =>
    [
        .. RuntimeProblems(), .. AddressProblems(), .. ClusterProblems(configuration), .. AccessProblems(),
        .. BillingProblems(), .. EnvironmentProblems(),
    ];

    private static IEnumerable<string> RuntimeProblems() => ModelName.IsNormalizing ? [] : [ModelName.NotNormalizing];

    private IEnumerable<string> AddressProblems()
    {
        var problems = Listening.Select(AddressProblem).OfType<string>().ToList();
        foreach (var problem in problems)
        {
            yield return $"{(Endpoints is [] ? "ASPNETCORE_URLS or --urls" : "Kestrel:Endpoints")} names {problem}";
        }

        if (problems is [] && Access.AllowedHosts is [])
        {
            yield return
                $"{Root}:{nameof(Options.AllowedHosts)} must be set when the server listens beyond this machine: "
                + "the names by which callers reach it, separated by semicolons";
        }

        foreach (var origin in Options.AllowedOrigins)
        {
            if (CrossOrigin.Problem(origin) is { } problem)
            {
                yield return $"{Root}:{nameof(Options.AllowedOrigins)} names '{origin}', which {problem}";
            }
        }

        var (silo, clients) = (Options.SiloPort, Options.ClientPort);
        foreach (var (name, port, other) in ((string, int, int)[])
            [
                (nameof(Options.HealthPort), Options.HealthPort, Options.MetricsPort),
                (nameof(Options.MetricsPort), Options.MetricsPort, Options.HealthPort),
            ])
        {
            if (port != 0 && (port == silo || port == clients || port == other
                || (problems is [] && Addresses.Any(address => address.Port == port))))
            {
                yield return $"{Root}:{name} is {port}, where something else listens; it must be a port of its own";
            }
        }

        if (silo == clients)
        {
            yield return
                $"{Root}:{nameof(Options.SiloPort)} and {Root}:{nameof(Options.ClientPort)} are both {silo}; "
                + "they must differ";
        }
    }

    private IEnumerable<string> ClusterProblems(IConfiguration configuration)
    {
        if (Certificates is null && Options.Cluster != new ClusterTlsOptions())
        {
            yield return $"{Root}:Cluster:Certificate, Key and Authority must be set all three, or none of them";
        }

        if (Certificates is null && !Options.InsecureCluster && Options.Role != NodeRole.Gateway
            && !IPAddress.IsLoopback(ListenAddress))
        {
            var setting = IPAddress.IsLoopback(Options.AdvertisedAddress)
                ? nameof(Options.ListenAddress)
                : nameof(Options.AdvertisedAddress);
            yield return
                $"{Root}:{setting} lets other machines reach the silo, whose connections are neither encrypted nor "
                + "authenticated: whoever reaches its ports can do anything. "
                + $"Set {Root}:Cluster:Certificate, Key and Authority; "
                + "or, on a network where nobody else is, start with --insecure-cluster";
        }

        if (PostgresConnectionString is null && Options.Role != NodeRole.Both)
        {
            yield return
                $"{Root}:{nameof(Options.Role)} must be both on SQLite, which serves one node; "
                + "set ConnectionStrings__Registry for more";
        }

        if (Options is { Role: NodeRole.Silo, ClientPort: 0 })
        {
            yield return $"{Root}:{nameof(Options.ClientPort)} must be set on a silo, or no gateway reaches it";
        }

        if (Options.Kubernetes && (PostgresConnectionString is null || Options.Role == NodeRole.Gateway))
        {
            yield return
                $"{Root}:{nameof(Options.Kubernetes)} is for silos on PostgreSQL, which have pods of others to watch";
        }

        var missing = Array.FindAll(PodVariables, name => string.IsNullOrEmpty(configuration[name]));
        if (Options.Kubernetes && missing is not [])
        {
            yield return
                $"{Root}:{nameof(Options.Kubernetes)} is for silos in pods of Kubernetes; "
                + $"{string.Join(", ", missing)} must be set in the environment";
        }
    }

    private IEnumerable<string> AccessProblems()
    {
        const string oidc = $"{Root}:Auth:Oidc:";
        if (Options.Auth.AdminKey is { } key && !ApiKey.TryParse(key, out _))
        {
            yield return $"{Root}:Auth:{nameof(AccessOptions.AdminKey)} is no API key; the command new-key draws one";
        }

        if (Options is { Role: NodeRole.Silo, Auth.Secret: null })
        {
            yield return
                $"{Root}:Auth:{nameof(AccessOptions.Secret)} must be set on a silo, which signs webhooks; it is the same as on the gateways";
        }

        if (Options.Auth is { Secret: { } secret, PreviousSecret: { } previous } && secret.Span.SequenceEqual(previous.Span))
        {
            yield return $"{Root}:Auth:{nameof(AccessOptions.PreviousSecret)} must be another than Secret, which counts anyway";
        }

        if (Options.Auth.Oidc is not { } issuer)
        {
            yield break;
        }

        if (!Uri.TryCreate(issuer.Authority, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback))
        {
            yield return $"{oidc}{nameof(issuer.Authority)} must be an https URL";
        }

        if (string.IsNullOrEmpty(issuer.Audience))
        {
            yield return $"{oidc}{nameof(issuer.Audience)} must be set: what tokens must be for";
        }

        if (issuer is { WorkspaceClaim: null, Workspace: null })
        {
            yield return
                $"{oidc}{nameof(issuer.Workspace)} or WorkspaceClaim must be set: in which workspace callers act";
        }

        if (issuer is { ClientId: null, ClientSecret: not null })
        {
            yield return $"{oidc}{nameof(issuer.ClientId)} must be set where ClientSecret is";
        }

        if (!issuer.Scopes.Split(' ').Contains("openid"))
        {
            yield return $"{oidc}{nameof(issuer.Scopes)} must have openid among them";
        }
    }

    private IEnumerable<string> BillingProblems()
    {
        if (!Currency.IsKnown(Options.Billing.Currency))
        {
            yield return
                $"{Root}:Billing:{nameof(BillingOptions.Currency)} is '{Options.Billing.Currency}'; "
                + "it must be the ISO 4217 code of a currency, such as USD";
        }
    }

    private IEnumerable<string> EnvironmentProblems()
    {
        if (Options.Runtime.Python.ContainsKey(NodeEnvironment.Onnx))
        {
            yield return
                $"{Root}:Runtime:Python:{NodeEnvironment.Onnx} is the name of the environment that ships with the registry; "
                + "a Python must have another";
        }

        var names = Options.Runtime.Python.Keys.Select(name => (Setting: $"Runtime:Python:{name}", Name: name))
            .Concat(Options.InstanceTypes.Keys.Select(name => (Setting: $"InstanceTypes:{name}", Name: name)));
        foreach (var (setting, name) in names)
        {
            if (FieldRules.InstanceType(name) is { } problem)
            {
                yield return $"{Root}:{setting} has a name that is not allowed: it {problem}";
            }
        }
    }

    /// <summary>A port on the hosts of the addresses that callers use; 0 is none.</summary>
    private IReadOnlyList<string> UrlsOf(int port) => port == 0
        ? []
        : [.. Addresses.Select(address => $"http://{address.Host}:{port}").Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The problem of an address to listen on, or null.</summary>
    private static string? AddressProblem(string url)
    {
        const string rule = "an address is http:// or https://, a host, and a port from 0 to 65535";
        try
        {
            // A port that can't be read is left with the host. A host in brackets, and a path for a socket, have colons
            // of their own.
            var address = BindingAddress.Parse(url);
            var isWhole = address.IsUnixPipe || address.IsNamedPipe
                || (address.Host.StartsWith('[') ? address.Host.EndsWith(']') : !address.Host.Contains(':', StringComparison.Ordinal));
            return IsHttp(url) && address.Host.Length > 0 && isWhole && address.Port is >= 0 and <= IPEndPoint.MaxPort ? null : $"'{url}'; {rule}";
        }
        catch (FormatException)
        {
            return $"'{url}'; {rule}";
        }
    }

    private static bool IsHttp(string url) =>
        url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.IsLoopback;
}
