using System.CommandLine;
using OrleansRegistry.Cli.Output;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Makes a command in one expression.</summary>
internal static class CommandBuilding
{
    /// <summary>A command that succeeds unless it throws.</summary>
    public static Command NewCommand(
        this GlobalOptions global, string name, string description, IReadOnlyList<Symbol> takes, Func<Session, CancellationToken, Task> run) =>
        global.NewCommand(name, description, takes, async (session, cancellationToken) =>
        {
            await run(session, cancellationToken);
            return ExitCode.Ok;
        });

    /// <summary>A command with an exit code of its own.</summary>
    public static Command NewCommand(
        this GlobalOptions global, string name, string description, IReadOnlyList<Symbol> takes,
        Func<Session, CancellationToken, Task<int>> run)
    {
        var command = Group(name, description, takes);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = global.Open(parsed);
            return await run(session, cancellationToken);
        });
        return command;
    }

    /// <summary>A command with arguments, options or commands below it.</summary>
    public static Command Group(string name, string description, IReadOnlyList<Symbol> has)
    {
        var command = new Command(name, description);
        foreach (var symbol in has)
        {
            switch (symbol)
            {
                case Argument argument:
                    command.Arguments.Add(argument);
                    break;
                case Option option:
                    command.Options.Add(option);
                    break;
                case Command below:
                    command.Subcommands.Add(below);
                    break;
            }
        }

        return command;
    }
}
