using System.Globalization;
using System.Net;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Host;

/// <summary>The settings of a node, read from <c>appsettings.json</c>, environment and command line, and checked as a whole.</summary>
internal sealed record RegistrySettings
{
    /// <summary>Where the server listens unless <c>ASPNETCORE_URLS</c> says otherwise.</summary>
    public const string DefaultUrls = "http://127.0.0.1:5080";

    private const string Section = "Registry";
    private const string Billing = "Billing";

    /// <summary><c>Registry__DataDirectory</c>: where SQLite keeps its file; made when it is missing. Default <c>data</c>.</summary>
    public string DataDirectory { get; private init; } = "data";

    /// <summary><c>ConnectionStrings__Registry</c>: a PostgreSQL database to use instead of SQLite, or null.</summary>
    public string? PostgresConnectionString { get; private init; }

    /// <summary><c>Registry__SiloPort</c>: the loopback port on which silos talk. Default 11111.</summary>
    public int SiloPort { get; private init; } = 11111;

    /// <summary><c>Registry__GatewayPort</c>: the loopback port for Orleans clients, 0 for none. Default 0.</summary>
    public int GatewayPort { get; private init; }

    /// <summary><c>Registry__MaxActiveVersions</c>: the most active versions a model may have (rule L6). Default 1,000.</summary>
    public int MaxActiveVersions { get; private init; } = 1000;

    /// <summary><c>Registry__Billing__Currency</c>: the currency of rates that are put from now on, by its ISO 4217 code. Default USD.</summary>
    public string Currency { get; private init; } = OrleansRegistry.Currency.Default;

    /// <summary><c>Registry__Billing__CloseAfterHours</c>: how many hours after its end a month is closed by itself, 0 for never. Default 24.</summary>
    public int CloseAfterHours { get; private init; } = 24;

    /// <summary><c>ASPNETCORE_URLS</c>: where the server listens; loopback only.</summary>
    public string Urls { get; private init; } = DefaultUrls;

    /// <summary>Reads and checks every setting.</summary>
    /// <exception cref="InvalidSettingsException">One or more are not valid; the message says all that is wrong.</exception>
    public static RegistrySettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        List<string> problems = [];
        string[] known = [nameof(DataDirectory), nameof(SiloPort), nameof(GatewayPort), nameof(MaxActiveVersions), Billing];
        problems.AddRange(section.GetChildren()
            .Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path} is not a setting; there are {string.Join(", ", known)}"));

        string[] ofBilling = [nameof(Currency), nameof(CloseAfterHours)];
        problems.AddRange(section.GetSection(Billing).GetChildren()
            .Where(child => !ofBilling.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path} is not a setting; there are {string.Join(", ", ofBilling)}"));

        var defaults = new RegistrySettings();
        var settings = new RegistrySettings
        {
            DataDirectory = section[nameof(DataDirectory)] ?? defaults.DataDirectory,
            PostgresConnectionString = configuration.GetConnectionString(Section) is { Length: > 0 } connection ? connection : null,
            SiloPort = Number(nameof(SiloPort), 1, IPEndPoint.MaxPort, defaults.SiloPort),
            GatewayPort = Number(nameof(GatewayPort), 0, IPEndPoint.MaxPort, defaults.GatewayPort),
            MaxActiveVersions = Number(nameof(MaxActiveVersions), 1, 10_000, defaults.MaxActiveVersions),
            Currency = section[$"{Billing}:{nameof(Currency)}"] is { Length: > 0 } currency ? currency : defaults.Currency,
            CloseAfterHours = Number($"{Billing}:{nameof(CloseAfterHours)}", 0, 720, defaults.CloseAfterHours),
            Urls = configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls ? urls : DefaultUrls,
        };
        if (string.IsNullOrWhiteSpace(settings.DataDirectory))
        {
            problems.Add($"{Section}:{nameof(DataDirectory)} is empty; name a directory");
        }

        if (!OrleansRegistry.Currency.IsKnown(settings.Currency))
        {
            problems.Add($"{Section}:{Billing}:{nameof(Currency)} is '{settings.Currency}'; it must be the ISO 4217 code of a currency, such as USD");
        }

        if (settings.SiloPort == settings.GatewayPort)
        {
            problems.Add($"{Section}:{nameof(SiloPort)} and {Section}:{nameof(GatewayPort)} are both {settings.SiloPort}; they must differ");
        }

        problems.AddRange(settings.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(url => !IsLoopback(url))
            .Select(url => $"ASPNETCORE_URLS names {url}; only http and https addresses of this machine's loopback are allowed, since nobody is asked for a key yet"));
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            problems.Add("Kestrel:Endpoints is not supported; say where to listen with ASPNETCORE_URLS");
        }

        return problems.Count == 0 ? settings : throw new InvalidSettingsException(problems);

        int Number(string name, int least, int most, int otherwise)
        {
            if (section[name] is not { Length: > 0 } text)
            {
                return otherwise;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            problems.Add($"{Section}:{name} is '{text}'; it must be a whole number from {least} to {most}");
            return otherwise;
        }
    }

    /// <summary>Where the rows are.</summary>
    public StorageOptions Storage => new() { DataDirectory = DataDirectory, PostgresConnectionString = PostgresConnectionString };

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address.IsLoopback;
}
