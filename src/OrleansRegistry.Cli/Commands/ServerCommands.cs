using System.CommandLine;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>The servers of a version.</summary>
internal static class ServerCommands
{
    private static readonly string[] Header = ["URL", "STATE", "SINCE", "HEALTH URL"];

    public static Command Servers(GlobalOptions global)
    {
        var reference = Inputs.Reference("A version: name@1.2.0, or an id.");
        var urls = new Argument<string[]>("URL") { Description = "All its servers from now on. Without any it lists them.", Arity = ArgumentArity.ZeroOrMore };
        var health = Inputs.Text("--health-path", "The path at which a server that is new in the list says that it is up.", "PATH");
        var (drain, dryRun, comment) = (LifecycleCommands.Drain(), Inputs.DryRun(), Inputs.Comment());
        const string about = "List the servers of a version, or replace them without an outage.";
        IReadOnlyList<Symbol> takes = [reference, urls, health, drain, dryRun, comment];
        return global.NewCommand("servers", about, takes, async (session, cancellationToken) =>
        {
            var version = await LifecycleCommands.FindExact(session, reference, cancellationToken);
            if (session.Value(urls) is not { Length: > 0 } addresses)
            {
                Show(session, version, version.Serving?.Servers ?? []);
                return;
            }

            var known = (version.Serving?.Servers ?? []).ToDictionary(server => server.Url);
            var body = new PutServersRequest
            {
                Servers = [.. addresses.Select(url => Server(url, known.GetValueOrDefault(url), session.Value(health)))],
            }.Because(session.Value(comment));
            var answer = await session.Registry.PutServers(
                version.Id,
                body,
                new PutServersParameters
                {
                    DrainSeconds = LifecycleCommands.Seconds(session.Value(drain)),
                    DryRun = session.Value(dryRun) ? true : null,
                    IfMatch = version.EntityTag,
                },
                cancellationToken);
            session.Printer.Note(
                session.Value(dryRun) ? "Nothing was changed: this is what it would be."
                : !answer.Changed ? "It has these servers already."
                : answer.InFlightLeft is { } left ? $"{left} calls that were admitted before still run."
                : "No call that begins from now on reaches another server.");
            Show(session, answer, answer.Version.Serving?.Servers ?? []);
        });
    }

    /// <summary>A server at an address. One that the version has keeps its health URL.</summary>
    public static ServerSpec Server(string url, Server? known, string? path)
    {
        var server = new ServerSpec { Url = url };
        var health = known is not null ? known.HealthUrl
            : path is not null && Uri.TryCreate(url, UriKind.Absolute, out var address) ? new Uri(address, path).ToString()
            : null;
        if (health is not null)
        {
            server.HealthUrl = health;
        }

        return server;
    }

    private static void Show(Session session, Document document, IReadOnlyList<Server> servers)
    {
        if (session.IsJson)
        {
            session.Printer.Json(document.Raw);
        }
        else if (session.IsIds)
        {
            servers.ToList().ForEach(server => session.Printer.Line(server.Url));
        }
        else
        {
            session.Printer.Table(Header, servers.Select(server => (string?[])
            [
                server.Url, server.State ?? "-", Inputs.Instant(server.Since), server.HealthUrl,
            ]));
        }
    }
}
