using System.CommandLine;
using OrleansRegistry.Cli.Settings;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Completion of commands, options and their values in shells.</summary>
internal static class CompletionCommands
{
    private const string Bash = """
        _ork() {
          local IFS=$'\n'
          COMPREPLY=($(ork complete "$COMP_POINT" "$COMP_LINE" 2>/dev/null))
        }
        complete -o default -F _ork ork

        """;

    private const string Zsh = """
        #compdef ork
        _ork() {
          local -a found
          found=("${(@f)$(ork complete "$CURSOR" "$BUFFER" 2>/dev/null)}")
          [[ -n "$found" ]] && compadd -- $found || _files
        }
        if (( $+functions[compdef] )); then compdef _ork ork; fi

        """;

    private const string Fish = """
        complete -c ork -f -a '(ork complete (string length -- (commandline -cp)) (commandline -cp) 2>/dev/null)'

        """;

    public static IEnumerable<Command> All(GlobalOptions global, Command root)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var about = "Print a script that completes ork's words: source <(ork completion bash), or `ork completion fish | source`.";
        yield return global.NewCommand("completion", about, [shell], (session, _) =>
        {
            session.Printer.Lines(session.Value(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                var other => throw new UsageException(
                    $"There is no completion for {other}; there is for bash, zsh and fish."),
            });
            return Task.CompletedTask;
        });

        var position = new Argument<int>("POSITION");
        var line = new Argument<string>("LINE");
        var complete = global.NewCommand("complete", "Asked by the scripts: what may stand where the cursor is.", [position, line], (session, _) =>
        {
            // Without the program's own name.
            var (text, at) = (
                session.Value(line)!,
                Math.Clamp(session.Value(position), 0, session.Value(line)!.Length));
            var begin = text.IndexOf(' ', StringComparison.Ordinal) is var blank and >= 0 ? blank + 1 : text.Length;
            foreach (var item in root.Parse(text[begin..]).GetCompletions(Math.Max(0, at - begin)))
            {
                session.Printer.Line(item.InsertText ?? item.Label);
            }

            return Task.CompletedTask;
        });
        complete.Hidden = true;
        yield return complete;
    }
}
