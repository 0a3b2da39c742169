using System.CommandLine;
using System.Text.Json;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>What happened, and what happens.</summary>
internal static class EventCommands
{
    private static readonly string[] Header = ["ID", "AT", "EVENT", "VERSION", "ACTOR", "DATA", "COMMENT"];

    public static IEnumerable<Command> All(GlobalOptions global) => [Watch(global), Events(global), Logs(global)];

    private static Command Watch(GlobalOptions global)
    {
        var name = OptionalName();
        var types = Types();
        var after = Inputs.Text(
            "--after",
            "Begin behind the event with this id. By default with what happens from now on.",
            "ID");
        const string about = "Show events as they happen, until you press Ctrl-C.";
        return global.NewCommand("watch", about, [name, types, after], async (session, cancellationToken) =>
        {
            var begin = session.Value(after) ?? "now";
            await foreach (
                var item in session.Registry.FollowEvents(
                    session.Value(name),
                    session.Value(types),
                    begin,
                    cancellationToken))
            {
                if (session.IsJson)
                {
                    session.Printer.JsonLine(item.Raw);
                }
                else if (session.IsIds)
                {
                    session.Printer.Line(item.Id);
                }
                else
                {
                    session.Printer.Line(string.Join("  ", Row(item).Select(cell => cell ?? "-")));
                }
            }
        });
    }

    private static Command Events(GlobalOptions global)
    {
        var name = OptionalName();
        var types = Types();
        var last = new Option<int?>("--last") { Description = "Only the last ones.", HelpName = "20" };
        const string about = "List what happened, oldest first.";
        return global.NewCommand("events", about, [name, types, last], async (session, cancellationToken) =>
        {
            var (model, of, count) = (session.Value(name), session.Value(types), session.Value(last));
            var items = count is { } most
                ? (await Read(session, model, of, "-id", cancellationToken).Take(most).ToListAsync(cancellationToken))
                    .AsEnumerable().Reverse().ToAsyncEnumerable()
                : Read(session, model, of, order: null, cancellationToken);
            await session.List(items, item => item.Id, Header, Row, cancellationToken);
        });
    }

    private static Command Logs(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        var tail = new Option<int?>("--tail") { Description = "How many of the last lines. By default 100.", HelpName = "20" };
        var follow = new Option<bool>("--follow") { Description = "Go on with what is written, until you press Ctrl-C." };
        const string about = "Show what the processes of a version wrote, of a version that the registry runs.";
        return global.NewCommand("logs", about, [reference, tail, follow], async (session, cancellationToken) =>
        {
            var version = await session.Registry.FindVersion(session.Value(reference)!, cancellationToken);
            if (session.Value(follow))
            {
                await foreach (var line in session.Registry.FollowVersionLog(version.Id, session.Value(tail), cancellationToken))
                {
                    if (session.IsJson)
                    {
                        session.Printer.JsonLine(line.Raw);
                    }
                    else
                    {
                        Print(session, line);
                    }
                }
            }

            var log = await session.Registry.GetVersionLog(
                version.Id, new GetVersionLogParameters { Tail = session.Value(tail) }, cancellationToken);
            if (session.IsJson)
            {
                session.Printer.Json(log.Raw);
                return;
            }

            foreach (var line in log.Lines)
            {
                Print(session, line);
            }
        });
    }

    private static void Print(Session session, LogLine line) => session.Printer.Line(
        session.IsIds ? Inputs.Count(line.Number) : $"{Inputs.Instant(line.At)}  {line.Text}");

    private static Argument<string?> OptionalName() =>
        new("NAME") { Description = "Only events of this model.", Arity = ArgumentArity.ZeroOrOne };

    private static Option<string[]?> Types() =>
        new("--type")
        {
            Description = "Only events of this type, such as primary.changed. May repeat.",
            HelpName = "TYPE",
        };

    private static IAsyncEnumerable<RegistryEvent> Read(
        Session session,
        string? name,
        string[]? types,
        string? order,
        CancellationToken cancellationToken) =>
        name is null
            ? session.Registry.ListEvents(new ListEventsParameters { Type = types, OrderBy = order }, cancellationToken)
            : session.Registry.ListModelEvents(
                name,
                new ListModelEventsParameters { Type = types, OrderBy = order },
                cancellationToken);

    private static string?[] Row(RegistryEvent item) =>
    [
        item.Id, Inputs.Instant(item.At), item.Type,
        string.Join(' ', new[] { item.ModelName, item.Version }.Where(part => part is not null)), item.ActorName ?? item.Actor,
        Data(item.Data), item.Comment,
    ];

    private static string? Data(JsonElement data) => data.ValueKind != JsonValueKind.Object ? null : string.Join(
        ' ',
        data.EnumerateObject()
            .Where(
                member => member.Value.ValueKind is not (
                    JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array))
            .Select(member => $"{member.Name}={member.Value}"));
}
