using System.Collections.Frozen;
using System.Net;
using OrleansRegistry.Billing;
using OrleansRegistry.Cluster;
using OrleansRegistry.Gateway;
using OrleansRegistry.Outbound;
using OrleansRegistry.Storage;

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

/// <summary>The settings of a node, read from <c>appsettings.json</c>, environment and command line, and checked as a whole.</summary>
internal sealed record RegistrySettings
{
    /// <summary>Where the server listens unless <c>ASPNETCORE_URLS</c> says otherwise.</summary>
    public const string DefaultUrls = "http://127.0.0.1:5080";

    private const string Root = "Registry";

    /// <summary>The highest limit that can be set.</summary>
    private const int MaxLimit = 1_000_000;

    private const string Kubernetes = "Kubernetes";

    private const string HealthPort = nameof(LimitOptions.HealthPort);

    /// <summary>What tells a silo which pod it is in, beside its service account.</summary>
    private static readonly string[] PodVariables = ["KUBERNETES_SERVICE_HOST", "POD_NAME", "POD_NAMESPACE"];

    /// <summary><c>Registry__DataDirectory</c>: where SQLite keeps its file; made when it is missing. Default <c>data</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>ConnectionStrings__Registry</c>: a PostgreSQL database to use instead of SQLite, or null.</summary>
    public string? PostgresConnectionString { get; private init; }

    /// <summary><c>Registry__Role</c>, or <c>--role</c>: <c>both</c>, <c>silo</c> or <c>gateway</c>. Default both; SQLite takes nothing else.</summary>
    public NodeRole Role { get; private init; }

    /// <summary><c>Registry__AdvertisedAddress</c>: the address of this node on which silos and Orleans clients reach it. Default 127.0.0.1.</summary>
    public IPAddress AdvertisedAddress { get; private init; } = IPAddress.Loopback;

    /// <summary><c>Registry__ListenAddress</c>: the address that the silo's ports are bound to, where another one leads to it. Default: the advertised one.</summary>
    public IPAddress ListenAddress { get; private init; } = IPAddress.Loopback;

    /// <summary><c>Registry__InsecureCluster</c>, or <c>--insecure-cluster</c>: whether silos may be reached from other machines with nothing to protect them. Default false.</summary>
    public bool AllowsInsecureCluster { get; private init; }

    /// <summary>
    /// <c>Registry__Cluster__Certificate</c>, <c>…Key</c>, <c>…Authority</c>: files by which the nodes of a cluster know each other, or null when
    /// they don't; <c>new-certificate</c> makes some.
    /// </summary>
    public ClusterCertificateFiles? Certificates { get; private init; }

    /// <summary><c>Registry__Kubernetes</c>: whether the silo watches the pods of its cluster, and declares dead those that were deleted. Default false.</summary>
    public bool WatchesPods { get; private init; }

    /// <summary><c>Registry__SiloPort</c>: the port on which silos talk. Default 11111.</summary>
    public int SiloPort { get; private init; }

    /// <summary><c>Registry__ClientPort</c>: the port for Orleans clients, gateways among them; 0 for none. Default 0.</summary>
    public int ClientPort { get; private init; }

    /// <summary><c>Registry__MaxActiveVersions</c>: the most active versions a model may have (rule L6). Default 1,000.</summary>
    public int MaxActiveVersions { get; private init; }

    /// <summary><c>Registry__EventRetentionDays</c>: after how many days events that are billed and delivered are removed, 0 for never. Default 0.</summary>
    public int EventRetentionDays { get; private init; }

    /// <summary><c>Registry__Dashboard</c>: whether operators find Orleans' dashboard at <c>/dashboard</c>. Default false.</summary>
    public bool HasDashboard { get; private init; }

    /// <summary>
    /// <c>Registry__Outbound__AllowPrivate</c>, <c>Registry__Outbound__AllowLoopback</c>: whether model servers may be in private
    /// networks, and on this machine. Default true on SQLite, false on PostgreSQL.
    /// </summary>
    public required OutboundOptions Outbound { get; init; }

    /// <summary><c>Registry__Calls__…</c>: how calls are forwarded.</summary>
    public required CallOptions Calls { get; init; }

    /// <summary>
    /// <c>Registry__Billing__Currency</c>: the currency of rates that are put from now on, by its ISO 4217 code, default USD.
    /// <c>Registry__Billing__CloseAfterHours</c>: how many hours after its end a month is closed by itself, 0 for never, default 24.
    /// </summary>
    public required BillingOptions Billing { get; init; }

    /// <summary><c>Registry__Auth__…</c> and <c>Registry__AllowedHosts</c>: who is let in.</summary>
    public required AccessOptions Access { get; init; }

    /// <summary>
    /// <c>Registry__Limits__…</c>: how much one caller may ask for. <c>Registry__TrustedProxies</c>: whose word for a caller's address is taken, default
    /// nobody's. <c>Registry__HealthPort</c>: a port that answers health only, default none.
    /// </summary>
    public required LimitOptions Limits { get; init; }

    /// <summary><c>Registry__Limits__ModelsPerWorkspace</c>, <c>…VersionsPerWorkspace</c>, <c>…ActiveVersionsPerWorkspace</c>: how much a workspace may hold.</summary>
    public (int Models, int Versions, int ActiveVersions) Quotas { get; private init; }

    /// <summary><c>ASPNETCORE_URLS</c>: where the server listens; <c>Kestrel:Endpoints</c> says more, certificates too.</summary>
    public string Urls { get; private init; } = DefaultUrls;

    /// <summary>Where it listens for health beside that: on the same hosts.</summary>
    public IReadOnlyList<string> HealthUrls { get; private init; } = [];

    /// <summary>Whether <c>Kestrel:Endpoints</c> says where it listens, instead of <see cref="Urls"/>.</summary>
    public bool HasEndpoints { get; private init; }

    /// <summary>Whether the node has files of its own in <see cref="DataDirectory"/>: rows, the secret, or the first key.</summary>
    public bool KeepsFiles => PostgresConnectionString is null || (Role != NodeRole.Silo && (Access.Secret is null || Access.AdminKey is null));

    /// <summary>Where the rows are.</summary>
    public StorageOptions Storage => new()
    {
        DataDirectory = DataDirectory,
        PostgresConnectionString = PostgresConnectionString,
        EventRetentionDays = EventRetentionDays,
    };

    /// <summary>Reads and checks every setting.</summary>
    /// <exception cref="InvalidSettingsException">One or more are not valid; the message says all that is wrong.</exception>
    public static RegistrySettings Read(IConfiguration configuration)
    {
        List<string> problems = ModelName.IsNormalizing ? [] : [ModelName.NotNormalizing];
        var root = new SettingsSection(configuration.GetSection(Root), problems);
        var limits = root.Section(nameof(Limits));
        var urls = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } given ? given : DefaultUrls;
        var postgres = configuration.GetConnectionString(Root) is { Length: > 0 } connection ? connection : null;
        var advertised = root.Address(nameof(AdvertisedAddress), IPAddress.Loopback);
        var role = root.Choice(nameof(Role), NodeRole.Both);
        var endpoints = Endpoints(configuration);
        var listening = endpoints.Count > 0 ? endpoints : Split(urls);
        var ports = listening.Where(IsHttp).Select(BindingAddress.Parse).ToList();
        int? healthPort = root.Number(HealthPort, 0, IPEndPoint.MaxPort, 0) is > 0 and var port ? port : null;
        var settings = new RegistrySettings
        {
            DataDirectory = root.Text(nameof(DataDirectory), "data"),
            PostgresConnectionString = postgres,
            Role = role,
            AdvertisedAddress = advertised,
            ListenAddress = root.Address(nameof(ListenAddress), advertised),
            Certificates = ReadCertificates(root.Section("Cluster")),
            AllowsInsecureCluster = root.Flag("InsecureCluster", otherwise: false),
            WatchesPods = root.Flag(Kubernetes, otherwise: false),
            SiloPort = root.Number(nameof(SiloPort), 1, IPEndPoint.MaxPort, 11111),
            ClientPort = root.Number(nameof(ClientPort), 0, IPEndPoint.MaxPort, 0),
            EventRetentionDays = root.Number(nameof(EventRetentionDays), 0, 36_500, 0),
            MaxActiveVersions = root.Number(nameof(MaxActiveVersions), 1, 10_000, 1000),
            HasDashboard = root.Flag("Dashboard", otherwise: false),
            Outbound = ReadOutbound(root.Section(nameof(Outbound)), isEmbedded: postgres is null),
            Calls = ReadCalls(root.Section(nameof(Calls)), isOneOfSeveral: postgres is not null),
            Billing = ReadBilling(root.Section(nameof(Billing))),
            Access = ReadAccess(root, isLocal: role == NodeRole.Silo || listening.All(IsLoopback)),
            Quotas = (
                limits.Number("ModelsPerWorkspace", 1, int.MaxValue, 10_000),
                limits.Number("VersionsPerWorkspace", 1, int.MaxValue, 1_000_000),
                limits.Number("ActiveVersionsPerWorkspace", 1, int.MaxValue, 100_000)),
            Limits = ReadLimits(limits) with { TrustedProxies = root.Networks(nameof(LimitOptions.TrustedProxies)), HealthPort = healthPort },
            Urls = urls,
            HasEndpoints = endpoints.Count > 0,
            HealthUrls = healthPort is null ? [] : [.. ports.Select(address => $"http://{address.Host}:{healthPort}").Distinct(StringComparer.OrdinalIgnoreCase)],
        };
        root.RefuseOthers();
        problems.AddRange(Split(urls).Where(url => !IsHttp(url))
            .Select(url => $"ASPNETCORE_URLS names {url}; addresses begin with http:// or https://"));
        if (settings.Certificates is null && !settings.AllowsInsecureCluster && settings.Role != NodeRole.Gateway && !IPAddress.IsLoopback(settings.ListenAddress))
        {
            root.Add(
                IPAddress.IsLoopback(settings.AdvertisedAddress) ? nameof(ListenAddress) : nameof(AdvertisedAddress),
                "lets other machines reach the silo, whose connections are neither encrypted nor authenticated: whoever reaches its ports can do anything. "
                + $"Set {Root}:Cluster:Certificate, Key and Authority; or, on a network where nobody else is, start with --insecure-cluster");
        }

        if (postgres is null && settings.Role != NodeRole.Both)
        {
            root.Add(nameof(Role), "must be both on SQLite, which serves one node; set ConnectionStrings__Registry for more");
        }

        if (settings.Role == NodeRole.Silo && settings.ClientPort == 0)
        {
            root.Add(nameof(ClientPort), "must be set on a silo, or no gateway reaches it");
        }

        if (settings.WatchesPods && (postgres is null || settings.Role == NodeRole.Gateway))
        {
            root.Add(Kubernetes, "is for silos on PostgreSQL, which have pods of others to watch");
        }

        if (settings.WatchesPods && Array.FindAll(PodVariables, name => string.IsNullOrEmpty(configuration[name])) is { Length: > 0 } missing)
        {
            root.Add(Kubernetes, $"is for silos in pods of Kubernetes; {string.Join(", ", missing)} must be set in the environment");
        }

        if (healthPort is not null && (healthPort == settings.SiloPort || healthPort == settings.ClientPort || ports.Any(address => address.Port == healthPort)))
        {
            root.Add(HealthPort, $"is {healthPort}, where something else listens; it must be a port of its own");
        }

        if (settings.SiloPort == settings.ClientPort)
        {
            root.Add(nameof(SiloPort), $"and {Root}:{nameof(ClientPort)} are both {settings.SiloPort}; they must differ");
        }

        return problems.Count == 0 ? settings : throw new InvalidSettingsException(problems);
    }

    private static ClusterCertificateFiles? ReadCertificates(SettingsSection section)
    {
        var (certificate, key, authority) = (section.Text("Certificate", ""), section.Text("Key", ""), section.Text("Authority", ""));
        section.RefuseOthers();
        var given = new[] { certificate, key, authority }.Count(file => file.Length > 0);
        if (given is > 0 and < 3)
        {
            section.Add("Certificate", "Key and Authority must be set all three, or none of them");
        }

        return given == 3 ? new ClusterCertificateFiles(certificate, key, authority) : null;
    }

    private static OutboundOptions ReadOutbound(SettingsSection section, bool isEmbedded)
    {
        var options = new OutboundOptions
        {
            AllowPrivate = section.Flag(nameof(OutboundOptions.AllowPrivate), isEmbedded),
            AllowLoopback = section.Flag(nameof(OutboundOptions.AllowLoopback), isEmbedded),
        };
        section.RefuseOthers();
        return options;
    }

    private static CallOptions ReadCalls(SettingsSection section, bool isOneOfSeveral)
    {
        var defaults = new CallOptions();
        var options = new CallOptions
        {
            ConnectTimeoutSeconds = section.Number(nameof(CallOptions.ConnectTimeoutSeconds), 1, 300, defaults.ConnectTimeoutSeconds),
            ActivityTimeoutSeconds = section.Number(nameof(CallOptions.ActivityTimeoutSeconds), 1, 86_400, defaults.ActivityTimeoutSeconds),
            MaxBodyBytes = section.Number(nameof(CallOptions.MaxBodyBytes), 1, long.MaxValue, defaults.MaxBodyBytes),
            IsOneOfSeveral = isOneOfSeveral,
            MaxBufferedBytes = section.Number(nameof(CallOptions.MaxBufferedBytes), 1024, 1 << 30, defaults.MaxBufferedBytes),
        };
        section.RefuseOthers();
        return options;
    }

    private static BillingOptions ReadBilling(SettingsSection section)
    {
        var defaults = new BillingOptions();
        var options = new BillingOptions
        {
            Currency = section.Text(nameof(BillingOptions.Currency), defaults.Currency),
            CloseAfterHours = section.Number(nameof(BillingOptions.CloseAfterHours), 0, 720, defaults.CloseAfterHours),
        };
        if (!Currency.IsKnown(options.Currency))
        {
            section.Add(nameof(BillingOptions.Currency), $"is '{options.Currency}'; it must be the ISO 4217 code of a currency, such as USD");
        }

        section.RefuseOthers();
        return options;
    }

    private static AccessOptions ReadAccess(SettingsSection root, bool isLocal)
    {
        const string allowed = "AllowedHosts";
        var auth = root.Section("Auth");
        var hosts = root.Text(allowed, isLocal ? "localhost;127.0.0.1;[::1]" : "");
        if (hosts.Length == 0)
        {
            root.Add(allowed, "must be set when the server listens beyond this machine: the names by which callers reach it, separated by semicolons");
        }

        ReadOnlyMemory<byte>? secret = null;
        if (auth.Text(nameof(AccessOptions.Secret), "") is { Length: > 0 } encoded)
        {
            var bytes = new byte[encoded.Length];
            if (Convert.TryFromBase64String(encoded, bytes, out var length) && length >= AccessOptions.MinSecretBytes)
            {
                secret = bytes.AsMemory(0, length);
            }
            else
            {
                auth.Add(nameof(AccessOptions.Secret), $"must be at least {AccessOptions.MinSecretBytes} bytes in base64");
            }
        }

        var adminKey = auth.Text(nameof(AccessOptions.AdminKey), "");
        if (adminKey.Length > 0 && !ApiKey.TryParse(adminKey, out _))
        {
            auth.Add(nameof(AccessOptions.AdminKey), "is no API key; the command new-key draws one");
        }

        var options = new AccessOptions
        {
            Directory = root.Text(nameof(DataDirectory), "data"),
            Secret = secret,
            AdminKey = adminKey.Length == 0 ? null : adminKey,
            DefaultKeyDays = auth.Number(nameof(AccessOptions.DefaultKeyDays), 0, 36_500, 0),
            AllowedHosts = Split(hosts),
            Oidc = ReadOidc(auth.Section(nameof(AccessOptions.Oidc))),
        };
        auth.RefuseOthers();
        return options;
    }

    private static OidcOptions? ReadOidc(SettingsSection section)
    {
        var authority = section.Text(nameof(OidcOptions.Authority), "");
        var audience = section.Text(nameof(OidcOptions.Audience), "");
        var roleClaim = section.Text(nameof(OidcOptions.RoleClaim), "roles");
        var workspaceClaim = section.Text(nameof(OidcOptions.WorkspaceClaim), "");
        var workspace = section.Text(nameof(OidcOptions.Workspace), "");
        var roles = section.Section(nameof(OidcOptions.Roles));
        Dictionary<string, Role> mapped = new(StringComparer.Ordinal);
        foreach (var value in roles.Keys)
        {
            if (Enum.TryParse<Role>(roles.Text(value, ""), ignoreCase: true, out var role) && Enum.IsDefined(role))
            {
                mapped[value] = role;
            }
            else
            {
                roles.Add(value, "must be viewer, invoker, deployer, admin or operator");
            }
        }

        roles.RefuseOthers();
        section.RefuseOthers();
        if (authority.Length == 0)
        {
            return null;
        }

        if (!Uri.TryCreate(authority, UriKind.Absolute, out var issuer) || (issuer.Scheme != Uri.UriSchemeHttps && !issuer.IsLoopback))
        {
            section.Add(nameof(OidcOptions.Authority), "must be an https URL");
        }

        if (audience.Length == 0)
        {
            section.Add(nameof(OidcOptions.Audience), "must be set: what tokens must be for");
        }

        if (workspaceClaim.Length == 0 && workspace.Length == 0)
        {
            section.Add(nameof(OidcOptions.Workspace), "or WorkspaceClaim must be set: in which workspace callers act");
        }

        return new OidcOptions
        {
            Authority = authority,
            Audience = audience,
            RoleClaim = roleClaim,
            Roles = mapped.ToFrozenDictionary(StringComparer.Ordinal),
            WorkspaceClaim = workspaceClaim.Length == 0 ? null : workspaceClaim,
            Workspace = workspace.Length == 0 ? null : workspace,
        };
    }

    private static LimitOptions ReadLimits(SettingsSection section)
    {
        var defaults = new LimitOptions();
        var options = new LimitOptions
        {
            RequestsPerSecond = AnyNumber(nameof(LimitOptions.RequestsPerSecond), defaults.RequestsPerSecond),
            RequestBurst = section.Number(nameof(LimitOptions.RequestBurst), 1, 10_000_000, defaults.RequestBurst),
            RequestsPerSecondPerWorkspace = AnyNumber(nameof(LimitOptions.RequestsPerSecondPerWorkspace), defaults.RequestsPerSecondPerWorkspace),
            AnonymousRequestsPerSecond = AnyNumber(nameof(LimitOptions.AnonymousRequestsPerSecond), defaults.AnonymousRequestsPerSecond),
            UnknownKeysPerSecond = AnyNumber(nameof(LimitOptions.UnknownKeysPerSecond), defaults.UnknownKeysPerSecond),
            OpenCallsPerKey = AnyNumber(nameof(LimitOptions.OpenCallsPerKey), defaults.OpenCallsPerKey),
            OpenCallsPerWorkspace = AnyNumber(nameof(LimitOptions.OpenCallsPerWorkspace), defaults.OpenCallsPerWorkspace),
            OpenStreamsPerKey = AnyNumber(nameof(LimitOptions.OpenStreamsPerKey), defaults.OpenStreamsPerKey),
            OpenStreamsPerWorkspace = AnyNumber(nameof(LimitOptions.OpenStreamsPerWorkspace), defaults.OpenStreamsPerWorkspace),
            OpenCommandsPerKey = AnyNumber(nameof(LimitOptions.OpenCommandsPerKey), defaults.OpenCommandsPerKey),
            Connections = section.Number(nameof(LimitOptions.Connections), 1, MaxLimit, defaults.Connections),
            ConnectionsPerAddress = AnyNumber(nameof(LimitOptions.ConnectionsPerAddress), defaults.ConnectionsPerAddress),
            FirstByteTimeoutSeconds = section.Number(nameof(LimitOptions.FirstByteTimeoutSeconds), 0, 3600, defaults.FirstByteTimeoutSeconds),
            KeysPerWorkspace = AnyNumber(nameof(LimitOptions.KeysPerWorkspace), defaults.KeysPerWorkspace),
            OpenCallsPerModel = section.Number(
                nameof(LimitOptions.OpenCallsPerModel), 1, MaxLimit, defaults.OpenCallsPerModel),
        };
        section.RefuseOthers();
        return options;

        int AnyNumber(string name, int otherwise) => section.Number(name, 0, MaxLimit, otherwise);
    }

    /// <summary>The addresses that <c>Kestrel:Endpoints</c> names.</summary>
    private static IReadOnlyList<string> Endpoints(IConfiguration configuration) =>
        [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "")];

    private static bool IsHttp(string url) =>
        url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.IsLoopback;
}
