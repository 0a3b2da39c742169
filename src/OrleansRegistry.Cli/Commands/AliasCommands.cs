using System.CommandLine;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>
/// Aliases of a model. Each command shows where the alias points, and sends that as what the user could see.
/// </summary>
internal static class AliasCommands
{
    private static readonly string[] Header = ["ALIAS", "VERSION", "PROTECTED", "SINCE", "REASON", "BY", "NEXT", "ID"];

    public static Command Alias(GlobalOptions global)
    {
        var alias = new Command("alias", "Manage the aliases of a model: named pointers to versions.");
        alias.Subcommands.Add(List(global));
        alias.Subcommands.Add(Set(global));
        alias.Subcommands.Add(Rollback(global));
        alias.Subcommands.Add(Remove(global));
        return alias;
    }

    private static Command List(GlobalOptions global)
    {
        var name = Inputs.Name();
        const string about = "List the aliases of a model.";
        return global.NewCommand("list", about, [name], async (session, cancellationToken) =>
        {
            var list = await session.Registry.ListAliases(session.Value(name)!, cancellationToken);
            if (session.IsJson)
            {
                session.Printer.Json(list.Raw);
            }
            else if (session.IsIds)
            {
                list.Items.ToList().ForEach(alias => session.Printer.Line(alias.Name));
            }
            else
            {
                session.Printer.Table(Header, list.Items.Select(alias => (string?[])
                [
                    "@" + alias.Name, alias.Version ?? "none", alias.Protected ? "yes" : "no", Inputs.Instant(alias.Since),
                    alias.Reason, alias.By, alias.Pending?.Version, alias.VersionId,
                ]));
            }
        });
    }

    private static Command Set(GlobalOptions global)
    {
        var (name, alias) = (Inputs.Name(), AliasName());
        var version = new Argument<string>("REF") { Description = "The version: 1.2.0, an id, @ALIAS, or @primary." };
        var isProtected = new Option<bool?>("--protected") { Description = "Whether only an admin moves it from now on." };
        var (from, dryRun, comment) = (From(), Inputs.DryRun(), Inputs.Comment());
        const string about = "Point an alias to a version. An alias that does not exist is made.";
        IReadOnlyList<Symbol> takes = [name, alias, version, from, isProtected, dryRun, comment];
        return global.NewCommand("set", about, takes, async (session, cancellationToken) =>
        {
            var (model, text, present) = await Find(session, name, alias, cancellationToken);
            var body = new SetAliasRequest
            {
                Version = session.Value(version)!,
                From = await FromOf(session, from, present, cancellationToken),
            }.Because(session.Value(comment));
            if (session.Value(isProtected) is { } told)
            {
                body.Protected = told;
            }

            var parameters = new SetAliasParameters { DryRun = session.Value(dryRun) ? true : null };
            Show(
                session,
                await session.Registry.SetAlias(model, text, body, parameters, cancellationToken),
                session.Value(dryRun));
        });
    }

    private static Command Rollback(GlobalOptions global)
    {
        var (name, alias) = (Inputs.Name(), AliasName());
        var (from, dryRun, comment) = (From(), Inputs.DryRun(), Inputs.Comment());
        const string about = "Point an alias to the version before the present one.";
        return global.NewCommand("rollback", about, [name, alias, from, dryRun, comment], async (session, cancellationToken) =>
        {
            var (model, text, present) = await Find(session, name, alias, cancellationToken);
            var body = new RollbackAliasRequest
            {
                From = await FromOf(session, from, present, cancellationToken),
            }.Because(session.Value(comment));
            var parameters = new RollbackAliasParameters { DryRun = session.Value(dryRun) ? true : null };
            Show(
                session,
                await session.Registry.RollbackAlias(model, text, body, parameters, cancellationToken),
                session.Value(dryRun));
        });
    }

    private static Command Remove(GlobalOptions global)
    {
        var (name, alias) = (Inputs.Name(), AliasName());
        var (from, dryRun, comment) = (From(), Inputs.DryRun(), Inputs.Comment());
        const string about = "Remove an alias.";
        return global.NewCommand("remove", about, [name, alias, from, dryRun, comment], async (session, cancellationToken) =>
        {
            var (model, text, present) = await Find(session, name, alias, cancellationToken);
            var parameters = new RemoveAliasParameters
            {
                From = await FromOf(session, from, present, cancellationToken),
                DryRun = session.Value(dryRun) ? true : null,
                Comment = session.Value(comment),
            };
            Show(
                session,
                await session.Registry.RemoveAlias(model, text, parameters, cancellationToken),
                session.Value(dryRun));
        });
    }

    private static Argument<string> AliasName() => new("@ALIAS") { Description = "The name of the alias, with or without @." };

    private static Option<string?> From() =>
        Inputs.Text("--from", "The version that it must point to now, or `none`. By default where it points now.", "REF");

    /// <summary>The model, the name of the alias, and the alias if there is one.</summary>
    private static async Task<(string Model, string Name, Alias? Present)> Find(
        Session session, Argument<string> name, Argument<string> alias, CancellationToken cancellationToken)
    {
        var model = await session.Registry.GetModel(session.Value(name)!, cancellationToken);
        var text = session.Value(alias)!.TrimStart('@');
        var present = model.Aliases.FirstOrDefault(known => known.Name == text);
        session.Printer.Note(
            present is null ? $"{model.Name} has no alias @{text}." : $"@{text} of {model.Name} is {present.Version ?? "empty"}.");
        return (model.Id, text, present);
    }

    private static async Task<string?> FromOf(
        Session session, Option<string?> from, Alias? present, CancellationToken cancellationToken) =>
        session.Value(from) switch
        {
            null => present?.VersionId,
            "none" => null,
            var given => (await session.Registry.FindVersion(given, cancellationToken)).Id,
        };

    private static void Show(Session session, AliasAnswer answer, bool isDryRun) => session.Show(
        answer,
        answer.Alias.Name,
        [
            ("alias", "@" + answer.Alias.Name), ("version", answer.Alias.Version ?? "none"), ("id", answer.Alias.VersionId),
            ("protected", answer.Alias.Protected ? "yes" : "no"), (isDryRun ? "would change" : "changed", answer.Changed ? "yes" : "no"),
            ("moved", answer.AliasChange is { } move ? $"{move.From ?? "none"} -> {move.To ?? "none"}" : null),
        ]);
}
