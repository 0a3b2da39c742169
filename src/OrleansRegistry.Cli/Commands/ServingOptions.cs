using System.CommandLine;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>The options that say where a version answers, how its server knows it, and how long a start may take.</summary>
/// <param name="urlDescription">What the address is for.</param>
internal sealed class ServingOptions(string urlDescription)
{
    private readonly Option<string?> _health =
        Inputs.Text("--health-url", "An address that answers 2xx once the version is up.", "URL");

    private readonly Option<string[]> _servers = new("--server")
    {
        Description = "One of several servers that answer the same, in place of --url. May repeat.",
        HelpName = "URL",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> _healthPath =
        Inputs.Text("--health-path", "The path at which each --server answers 2xx once it is up.", "PATH");

    private readonly Option<int?> _minReady =
        new("--min-ready") { Description = "How many servers must be up before the version is ready; 1 by default.", HelpName = "1" };

    private readonly Option<bool> _repeatable = new("--repeatable") { Description = "Say that a call may be made twice, at another server." };

    private readonly Option<string?> _servedName = Inputs.Text(
        "--served-name", "The name by which the server knows its model: it stands in place of `model` in OpenAI's calls.", "NAME");

    private readonly Option<string[]> _openaiPaths = new("--openai-path")
    {
        Description = "A path below /openai/v1 that the server has besides OpenAI's own. May repeat.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Where the version answers.</summary>
    public Option<string?> Url { get; } = Inputs.Text("--url", urlDescription, "URL");

    /// <summary>The longest time of its start.</summary>
    public Option<TimeSpan?> Startup { get; } = Inputs.Duration("--startup-timeout", "How long the start may take.");

    /// <summary>All of them, as the help lists them.</summary>
    public IReadOnlyList<Symbol> All => [Url, _health, _servers, _healthPath, _minReady, _repeatable, Startup, _servedName, _openaiPaths];

    /// <summary>The server that the options name; null for none.</summary>
    /// <param name="session">The run that has them.</param>
    /// <param name="isRun">Whether the registry runs the version, if they name no server: a start takes its time, too.</param>
    /// <exception cref="UsageException">They say more of a server, and do not name it, or name it twice.</exception>
    public ServingSpec? Read(Session session, bool isRun = false)
    {
        if ((Address(session) ?? Several(session)) is not { } serving)
        {
            return session.Has(_repeatable) || session.Has(_servedName) || session.Has(_openaiPaths) || (session.Has(Startup) && !isRun)
                ? throw new UsageException("--startup-timeout, --repeatable, --served-name and --openai-path need --url or --server.")
                : null;
        }

        if (session.Value(_repeatable))
        {
            serving.Repeatable = true;
        }

        if (session.Value(Startup) is { } time)
        {
            serving.StartupTimeoutSeconds = (long)time.TotalSeconds;
        }

        if (session.Value(_servedName) is { } name)
        {
            serving.ServedName = name;
        }

        if (session.Value(_openaiPaths) is { Length: > 0 } paths)
        {
            serving.OpenaiPaths = paths;
        }

        return serving;
    }

    private ServingSpec? Address(Session session)
    {
        if (session.Value(Url) is not { } address)
        {
            return session.Has(_health) ? throw new UsageException("--health-url needs --url.") : null;
        }

        var serving = new ServingSpec { Url = address };
        if (session.Value(_health) is { } health)
        {
            serving.HealthUrl = health;
        }

        return session.Has(_servers) || session.Has(_healthPath) || session.Has(_minReady)
            ? throw new UsageException("--server, --health-path and --min-ready say it otherwise than --url. Leave that out, or them.")
            : serving;
    }

    private ServingSpec? Several(Session session)
    {
        if (session.Value(_servers) is not { Length: > 0 } addresses)
        {
            return session.Has(_healthPath) || session.Has(_minReady)
                ? throw new UsageException("--health-path and --min-ready need --server.")
                : null;
        }

        var serving = new ServingSpec
        {
            Servers = [.. addresses.Select(url => ServerCommands.Server(url, known: null, session.Value(_healthPath)))],
        };
        if (session.Value(_minReady) is { } count)
        {
            serving.MinReady = count;
        }

        return serving;
    }
}
