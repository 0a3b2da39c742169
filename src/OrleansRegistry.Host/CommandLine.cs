namespace OrleansRegistry.Host;

/// <summary>The command line of the executable: a command, the words it takes, and settings.</summary>
/// <param name="Command">One of <see cref="Commands"/>.</param>
/// <param name="Words">The words behind the command's name.</param>
/// <param name="Settings">Settings in the form that the configuration reads: <c>--Registry:Role=silo</c>.</param>
internal sealed record CommandLine(Command Command, IReadOnlyList<string> Words, string[] Settings)
{
    private const string InsecureCluster = "--insecure-cluster";

    /// <summary>
    /// Where settings may stand. One anywhere else is mistyped, and a server that doesn't know it would start without
    /// it.
    /// </summary>
    private static readonly string[] Sections = ["Registry", "ConnectionStrings", "Kestrel", "Logging", "Orleans", "urls", "environment"];

    /// <summary>Reads the arguments of the process.</summary>
    /// <exception cref="UsageException">They don't make sense.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Any(argument => argument is "--help" or "-h"))
        {
            return new CommandLine(Commands.Help, [], []);
        }

        if (arguments is ["--version"])
        {
            return new CommandLine(Commands.Version, [], []);
        }

        var isNamed = arguments.Count > 0 && !IsOption(arguments[0]);
        var command = isNamed
            ? Commands.All.SingleOrDefault(command => command.Name == arguments[0]) ?? throw new UsageException($"There is no command {arguments[0]}.")
            : Commands.Serve;
        var (words, settings) = Split([.. arguments.Skip(isNamed ? 1 : 0)]);
        if (words.Count < command.MinWords || words.Count > command.MaxWords)
        {
            throw new UsageException(words.Count < command.MinWords
                ? $"{command.Name} needs {command.Words}."
                : $"{command.Name} doesn't take {words[command.MaxWords]}.");
        }

        return settings.Count == 0 || command.TakesSettings
            ? new CommandLine(command, words, [.. settings])
            : throw new UsageException($"{command.Name} takes no settings.");
    }

    private static (List<string> Words, List<string> Settings) Split(ReadOnlySpan<string> arguments)
    {
        List<string> words = [], settings = [];
        for (var at = 0; at < arguments.Length; at++)
        {
            var argument = arguments[at];
            if (!IsOption(argument))
            {
                words.Add(argument);
            }
            else if (argument == InsecureCluster)
            {
                settings.Add("--Registry:InsecureCluster=true");
            }
            else if (argument.Contains('=', StringComparison.Ordinal))
            {
                settings.Add(ToSetting(argument));
            }
            else if (++at < arguments.Length)
            {
                settings.Add(ToSetting($"{argument}={arguments[at]}"));
            }
            else
            {
                throw new UsageException($"{argument} needs a value.");
            }
        }

        return (words, settings);
    }

    /// <summary>The role has a short form.</summary>
    private static string ToSetting(string option)
    {
        if (option.StartsWith("--role=", StringComparison.Ordinal))
        {
            return "--Registry:" + option[2..];
        }

        var name = option[..option.IndexOf('=', StringComparison.Ordinal)];
        var section = name.StartsWith("--", StringComparison.Ordinal) ? name[2..].Split(':')[0] : "";
        return Sections.Contains(section, StringComparer.OrdinalIgnoreCase) || section.StartsWith("OTEL_", StringComparison.Ordinal)
            ? option
            : throw new UsageException($"There is no option {name}.");
    }

    private static bool IsOption(string argument) => argument.StartsWith('-');
}

/// <summary>Arguments that don't make sense; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);
