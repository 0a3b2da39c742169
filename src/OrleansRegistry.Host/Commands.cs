using System.Globalization;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Host;

/// <summary>Something that the executable does.</summary>
/// <param name="Name">Its word.</param>
/// <param name="Words">The words that must or may stand behind it, as they are shown.</param>
/// <param name="Summary">Its summary, in a line.</param>
/// <param name="Run">Does it, and answers the exit code.</param>
internal sealed record Command(string Name, string Words, string Summary, Func<CommandLine, Task<int>> Run)
{
    /// <summary>How many words it needs.</summary>
    public int MinWords { get; init; }

    /// <summary>How many words it takes.</summary>
    public int MaxWords { get; init; }

    /// <summary>Whether settings may be given with it.</summary>
    public bool TakesSettings { get; init; }
}

/// <summary>The commands of the executable.</summary>
internal static class Commands
{
    /// <summary>Runs a node. It is what the executable does when no command is named.</summary>
    public static Command Serve { get; } = new("serve", "", "runs a node; it is the default", ServeCommand.Run) { TakesSettings = true };

    /// <summary>All that have a word.</summary>
    public static IReadOnlyList<Command> All { get; } =
    [
        Serve,
        new("check", "", "compares all stored rows with each other, and lists what is wrong", line => CheckCommand.Run(line.Settings, Console.Out))
        {
            TakesSettings = true,
        },
        new(
            "backup",
            "FILE",
            "copies the SQLite file, beside the node that is at work on it",
            line => BackupCommand.Run(line.Words[0], line.Settings, Console.Out, Console.Error))
        {
            MinWords = 1,
            MaxWords = 1,
            TakesSettings = true,
        },
        new(
            "rotate-secret",
            "",
            "has the rows go over from Registry__Auth__PreviousSecret to the present secret",
            line => RotateSecretCommand.Run(line.Settings, Console.Out, TimeProvider.System))
        {
            TakesSettings = true,
        },
        new(
            "accept-clock",
            "",
            "says of a clock that is behind the rows of a SQLite file that it is right",
            line => AcceptClockCommand.Run(line.Settings, Console.Out, TimeProvider.System))
        {
            TakesSettings = true,
        },
        new("health", "URL", "asks the node at an address whether it is ready", line => HealthCommand.Run(line.Words[0], Console.Error))
        {
            MinWords = 1,
            MaxWords = 1,
        },
        new("new-key", "", "draws an API key, for Registry__Auth__AdminKey", _ => Print(ApiKey.Create())),
        new("new-certificate", "DIRECTORY [AUTHORITY_DIRECTORY]", "makes a node's certificate, and the authority that issues it when there is none", MakeCertificate)
        {
            MinWords = 1,
            MaxWords = 2,
        },
    ];

    /// <summary><c>--help</c>.</summary>
    public static Command Help { get; } = new("--help", "", "says what there is", _ => Print(Usage));

    /// <summary><c>--version</c>.</summary>
    public static Command Version { get; } = new("--version", "", "says which build this is", _ => Print(RegistryProgram.Version));

    /// <summary>How the executable is called.</summary>
    public static string Usage => string.Join(
        Environment.NewLine,
        [
            "Usage: registry [COMMAND] [--SETTING=VALUE ...]",
            "",
            "Commands:",
            .. All.Concat([Help, Version]).Select(command => string.Create(
                CultureInfo.InvariantCulture, $"  {$"{command.Name} {command.Words}".Trim(),-48}{command.Summary}")),
            "",
            "Settings, for serve, check, backup, rotate-secret and accept-clock, stand in the environment or behind the command;",
            "--Registry:DataDirectory=data is one.",
            "--role silo|gateway|both and --insecure-cluster are short forms. docs/settings.md lists all of them.",
            "",
            "The exit code is 0 when all is well, 1 when the command failed or found something, and 2 when it was called wrongly.",
        ]);

    private static Task<int> MakeCertificate(CommandLine line)
    {
        var made = ClusterCertificateFiles.Create(line.Words[0], line.Words.ElementAtOrDefault(1));
        return Print($"Wrote {made.Certificate}, {made.Key} and {made.Authority}.");
    }

    private static async Task<int> Print(string text)
    {
        await Console.Out.WriteLineAsync(text);
        return 0;
    }
}
