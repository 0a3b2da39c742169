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
    public IReadOnlyList<Symbol> All => [Url, _health, Startup, _servedName, _openaiPaths];

    /// <summary>The server that the options name; null for none.</summary>
    /// <param name="session">The run that has them.</param>
    /// <param name="isRun">Whether the registry runs the version, if they name no server: a start takes its time, too.</param>
    /// <exception cref="UsageException">They say more of a server, and do not name it.</exception>
    public ServingSpec? Read(Session session, bool isRun = false)
    {
        if (session.Value(Url) is not { } address)
        {
            return session.Has(_health) || session.Has(_servedName) || session.Has(_openaiPaths) || (session.Has(Startup) && !isRun)
                ? throw new UsageException("--health-url, --startup-timeout, --served-name and --openai-path need --url.")
                : null;
        }

        var serving = new ServingSpec { Url = address };
        if (session.Value(_health) is { } health)
        {
            serving.HealthUrl = health;
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
}
