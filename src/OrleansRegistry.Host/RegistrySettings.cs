using System.Net;
using OrleansRegistry.Billing;
using OrleansRegistry.Gateway;
using OrleansRegistry.Outbound;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary>The settings of a node, read from <c>appsettings.json</c>, environment and command line, and checked as a whole.</summary>
internal sealed record RegistrySettings
{
    /// <summary>Where the server listens unless <c>ASPNETCORE_URLS</c> says otherwise.</summary>
    public const string DefaultUrls = "http://127.0.0.1:5080";

    private const string Root = "Registry";

    /// <summary><c>Registry__DataDirectory</c>: where SQLite keeps its file; made when it is missing. Default <c>data</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>ConnectionStrings__Registry</c>: a PostgreSQL database to use instead of SQLite, or null.</summary>
    public string? PostgresConnectionString { get; private init; }

    /// <summary><c>Registry__SiloPort</c>: the loopback port on which silos talk. Default 11111.</summary>
    public int SiloPort { get; private init; }

    /// <summary><c>Registry__GatewayPort</c>: the loopback port for Orleans clients, 0 for none. Default 0.</summary>
    public int GatewayPort { get; private init; }

    /// <summary><c>Registry__MaxActiveVersions</c>: the most active versions a model may have (rule L6). Default 1,000.</summary>
    public int MaxActiveVersions { get; private init; }

    /// <summary><c>Registry__EventRetentionDays</c>: after how many days events that are billed and delivered are removed, 0 for never. Default 0.</summary>
    public int EventRetentionDays { get; private init; }

    /// <summary>
    /// <c>Registry__Outbound__AllowPrivate</c>, <c>Registry__Outbound__AllowLoopback</c>: whether model servers may be in private
    /// networks, and on this machine. Default true on SQLite, false on PostgreSQL.
    /// </summary>
    public required OutboundOptions Outbound { get; init; }

    /// <summary><c>Registry__Invocation__…</c>: how calls are forwarded.</summary>
    public required InvocationOptions Invocation { get; init; }

    /// <summary>
    /// <c>Registry__Billing__Currency</c>: the currency of rates that are put from now on, by its ISO 4217 code, default USD.
    /// <c>Registry__Billing__CloseAfterHours</c>: how many hours after its end a month is closed by itself, 0 for never, default 24.
    /// </summary>
    public required BillingOptions Billing { get; init; }

    /// <summary><c>ASPNETCORE_URLS</c>: where the server listens; loopback only.</summary>
    public string Urls { get; private init; } = DefaultUrls;

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
        List<string> problems = [];
        var root = new SettingsSection(configuration.GetSection(Root), problems);
        var postgres = configuration.GetConnectionString(Root) is { Length: > 0 } connection ? connection : null;
        var settings = new RegistrySettings
        {
            DataDirectory = root.Text(nameof(DataDirectory), "data"),
            PostgresConnectionString = postgres,
            SiloPort = root.Number(nameof(SiloPort), 1, IPEndPoint.MaxPort, 11111),
            GatewayPort = root.Number(nameof(GatewayPort), 0, IPEndPoint.MaxPort, 0),
            EventRetentionDays = root.Number(nameof(EventRetentionDays), 0, 36_500, 0),
            MaxActiveVersions = root.Number(nameof(MaxActiveVersions), 1, 10_000, 1000),
            Outbound = ReadOutbound(root.Section(nameof(Outbound)), isEmbedded: postgres is null),
            Invocation = ReadInvocation(root.Section(nameof(Invocation))),
            Billing = ReadBilling(root.Section(nameof(Billing))),
            Urls = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? urls : DefaultUrls,
        };
        root.RefuseOthers();
        if (settings.SiloPort == settings.GatewayPort)
        {
            root.Add(nameof(SiloPort), $"and {Root}:{nameof(GatewayPort)} are both {settings.SiloPort}; they must differ");
        }

        problems.AddRange(settings.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(url => !IsLoopback(url))
            .Select(url => $"ASPNETCORE_URLS names {url}; only http and https addresses of this machine's loopback are allowed, since nobody is asked for a key yet"));
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            problems.Add("Kestrel:Endpoints is not supported; say where to listen with ASPNETCORE_URLS");
        }

        return problems.Count == 0 ? settings : throw new InvalidSettingsException(problems);
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

    private static InvocationOptions ReadInvocation(SettingsSection section)
    {
        var defaults = new InvocationOptions();
        var options = new InvocationOptions
        {
            ConnectTimeoutSeconds = section.Number(nameof(InvocationOptions.ConnectTimeoutSeconds), 1, 300, defaults.ConnectTimeoutSeconds),
            ActivityTimeoutSeconds = section.Number(nameof(InvocationOptions.ActivityTimeoutSeconds), 1, 86_400, defaults.ActivityTimeoutSeconds),
            MaxBodyBytes = section.Number(nameof(InvocationOptions.MaxBodyBytes), 1, long.MaxValue, defaults.MaxBodyBytes),
            MaxBufferedBytes = section.Number(nameof(InvocationOptions.MaxBufferedBytes), 1024, 1 << 30, defaults.MaxBufferedBytes),
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

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.IsLoopback;
}
