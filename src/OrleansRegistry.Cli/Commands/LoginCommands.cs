using System.CommandLine;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.Cli.Settings;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Which registry, and who asks.</summary>
internal static class LoginCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) =>
        [Login(global), Contexts(global), WhoAmI(global), Server(global)];

    private static Command Login(GlobalOptions global)
    {
        var url = new Argument<string?>("URL")
        {
            Description = "The registry's address.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var name = Inputs.Text("--name", "The context's name; by default the host of the URL.", "NAME");
        var ca = Inputs.Text("--ca", "A file with the only certificates of authorities to trust.", "FILE");
        var about = "Keep a registry's address and key as a context. The key is asked for, or read from ORK_API_KEY, ORK_API_KEY_FILE or "
            + "standard input. It is kept in a file that only you can read.";
        return global.NewCommand("login", about, [url, name, ca], async (session, cancellationToken) =>
        {
            var terminal = session.Terminal;
            var address = session.Value(url) ?? Ask(terminal, "URL of the registry: ");
            var key = Connection.KeyOf(terminal) ?? AskKey(terminal);
            var environment = new Terminal
            {
                Output = terminal.Output,
                Error = terminal.Error,
                Input = terminal.Input,
                // What is asked here is what is kept.
                Variable = variable => variable is "ORK_API_KEY" ? key : variable.StartsWith("ORK_", StringComparison.Ordinal) ? null : terminal.Variable(
                    variable),
            };
            var options = Connection.Find(environment, address, name: null, session.IsInsecure, timeout: null);
            options.CertificateAuthorities = (session.Value(ca) ?? terminal.Variable("ORK_CA")) is { } file
                ? Path.GetFullPath(file)
                : null;
            using var registry = session.Connect(options);
            var caller = await registry.GetMe(cancellationToken);

            var contexts = ContextFile.Read(terminal);
            var chosen = session.Value(name) ?? options.Url!.Host;
            contexts.Set(chosen, new RegistryContext(address, key, options.CertificateAuthorities));
            contexts.Current = chosen;
            contexts.Write();
            session.Printer.Note(
                $"Logged in to {address} as {caller.Subject}, {caller.Role} of the workspace {caller.Workspace}. The context is {chosen}.");
        });
    }

    private static Command Contexts(GlobalOptions global)
    {
        var name = new Argument<string>("NAME") { Description = "The context's name." };
        name.CompletionSources.Add(
            _ => ContextFile.Read(global.Terminal).Names.Select(
                known => new System.CommandLine.Completions.CompletionItem(known)));
        return CommandBuilding.Group("context", "Choose between the registries that you have logged in to.",
        [
            global.NewCommand("list", "List the contexts.", [], (session, _) =>
            {
                var contexts = ContextFile.Read(session.Terminal);
                var all = contexts.Names.Order(StringComparer.Ordinal).Select(known => (Name: known, Context: contexts.Find(known))).ToList();
                if (session.IsJson)
                {
                    var items = all.Select(entry => new System.Text.Json.Nodes.JsonObject
                    {
                        ["name"] = entry.Name, ["url"] = entry.Context?.Url,
                        ["current"] = entry.Name == contexts.Current,
                    });
                    var page = new System.Text.Json.Nodes.JsonObject
                    {
                        ["items"] = new System.Text.Json.Nodes.JsonArray([.. items]),
                    };
                    session.Printer.Json(System.Text.Json.JsonElement.Parse(page.ToJsonString()));
                }
                else if (session.IsIds)
                {
                    all.ForEach(entry => session.Printer.Line(entry.Name));
                }
                else
                {
                    session.Printer.Table(
                        ["NAME", "URL", "CURRENT"], all.Select(
                            entry => (string?[])[entry.Name, entry.Context?.Url, entry.Name == contexts.Current ? "*" : null]));
                }

                return Task.CompletedTask;
            }),
            global.NewCommand("use", "Make a context the current one.", [name], (session, _) =>
            {
                var contexts = ContextFile.Read(session.Terminal);
                contexts.Current = contexts.Find(session.Value(name)!) is null
                    ? throw new UsageException(
                        $"There is no context {session.Value(name)}. `ork context list` lists them.")
                    : session.Value(name);
                contexts.Write();
                return Task.CompletedTask;
            }),
            global.NewCommand("remove", "Forget a context and its key. The key itself stays valid: `ork keys revoke` ends it.", [name], (session, _) =>
            {
                var contexts = ContextFile.Read(session.Terminal);
                if (!contexts.Remove(session.Value(name)!))
                {
                    throw new UsageException(
                        $"There is no context {session.Value(name)}. `ork context list` lists them.");
                }

                contexts.Write();
                return Task.CompletedTask;
            }),
        ]);
    }

    private static Command WhoAmI(GlobalOptions global) =>
        global.NewCommand("whoami", "Show who you are to the registry, and what you may do.", [], async (session, cancellationToken) =>
    {
        var me = await session.Registry.GetMe(cancellationToken);
        session.Show(me, me.Subject,
        [
            ("subject", me.Subject), ("role", me.Role), ("workspace", me.Workspace), ("key", me.KeyPrefix),
            ("key name", me.KeyName),
            ("models", me.Models is { } models ? string.Join(' ', models) : null),
            ("expires", Inputs.Instant(me.ExpiresAt)),
            ("permissions", string.Join(' ', me.Permissions)),
        ]);
    });

    private static Command Server(GlobalOptions global) =>
        global.NewCommand("server", "Show the registry's version, features and limits.", [], async (session, cancellationToken) =>
    {
        var server = await session.Registry.GetServer(cancellationToken);
        session.Show(server, server.Version,
        [
            ("version", server.Version), ("api", server.Api), ("features", string.Join(' ', server.Features)),
            .. server.Limits.Raw.EnumerateObject().Select(
                limit => (limit.Name.Replace('_', ' '), (string?)limit.Value.ToString())),
        ]);
    });

    private static string Ask(Terminal terminal, string question)
    {
        if (!terminal.CanAsk)
        {
            throw new UsageException("The registry's URL is missing: ork login URL");
        }

        terminal.Error.Write(question);
        terminal.Error.Flush();
        return terminal.ReadLine()?.Trim() is { Length: > 0 } answer
            ? answer
            : throw new UsageException("The registry's URL is missing.");
    }

    private static string AskKey(Terminal terminal)
    {
        string? key;
        if (terminal.CanAsk)
        {
            terminal.Error.Write("API key: ");
            terminal.Error.Flush();
            key = terminal.ReadHidden();
            terminal.Error.WriteLine();
        }
        else
        {
            key = terminal.ReadLine();
        }

        return key?.Trim() is { Length: > 0 } given
            ? given
            : throw new UsageException("There is no key. Type it, pipe it in, or set ORK_API_KEY_FILE.");
    }
}
