using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using OrleansRegistry.Cli.Commands;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli;

/// <summary>The command line: its commands, and what their failures become.</summary>
internal static class Ork
{
    private const int HelpWidth = 100;

    /// <summary>Runs a command.</summary>
    /// <returns>The exit code (rule K2).</returns>
    public static async Task<int> Run(string[] args, Terminal terminal, CancellationToken cancellationToken)
    {
        var root = Build(terminal);
        // A word that begins with @ names a body's file, and no file of further words.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not HelpAction))
        {
            foreach (var error in parsed.Errors)
            {
                ErrorText.Write(terminal, error.Message, "usage");
            }

            var path = string.Join(' ', Path(parsed.CommandResult));
            await terminal.Error.WriteLineAsync($"  `{path} --help` says what it takes.");
            return ExitCode.Usage;
        }

        try
        {
            await using var output = new StreamWriter(terminal.Output, leaveOpen: true);
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = terminal.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (RegistryException e)
        {
            ErrorText.Write(terminal, e);
            return ExitCode.Of(e);
        }
        catch (Exception e) when (e is UsageException or ArgumentException)
        {
            // Without the name of the parameter that .NET adds.
            ErrorText.Write(terminal, e.Message.Split(" (Parameter")[0], "usage");
            return ExitCode.Usage;
        }
        catch (IOException e)
        {
            ErrorText.Write(terminal, e.Message, "io");
            return ExitCode.Other;
        }
    }

    /// <summary>The tree of commands.</summary>
    public static Command Build(Terminal terminal)
    {
        var version = new Option<bool>("--version") { Description = "Show the version of ork." };
        var root = new Command("ork", "Deploys, promotes, calls and watches the model versions of an OrleansRegistry.") { version };
        root.Options.Add(new HelpOption { Action = new HelpAction { MaxWidth = HelpWidth } });
        var global = new GlobalOptions(terminal);
        global.AddTo(root);
        root.SetAction(result =>
        {
            if (result.GetValue(version))
            {
                new Printer(terminal, Format.Table).Line(
                    typeof(Ork).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);
                return ExitCode.Ok;
            }

            return root.Parse("--help").Invoke(result.InvocationConfiguration);
        });
        foreach (var command in (IEnumerable<Command>)
            [
                .. LoginCommands.All(global), .. DeployCommands.All(global), .. FileCommands.All(global), .. ModelCommands.All(global),
                .. LifecycleCommands.All(global), AliasCommands.Alias(global), ServerCommands.Servers(global),
                .. CallCommands.All(global), .. EventCommands.All(global), .. BillingCommands.All(global),
                .. AccessCommands.All(global),
                .. CompletionCommands.All(global, root),
            ])
        {
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static IEnumerable<string> Path(System.CommandLine.Parsing.CommandResult command) =>
        command.Parent is System.CommandLine.Parsing.CommandResult parent
            ? [.. Path(parent), command.Command.Name]
            : [command.Command.Name];
}
