using System.CommandLine;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>
/// Commands on versions. Each looks its version up first, shows it, and sends its id, and the id of the primary that
/// the user could see.
/// </summary>
internal static class LifecycleCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) =>
        [Publish(global), Promote(global), Activate(global), Rollback(global), Deactivate(global), Delete(global)];

    private static Command Publish(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        var (promote, from, wait, dryRun) = (
            DeployCommands.Promote(),
            Inputs.From(),
            Waiting.Option(),
            Inputs.DryRun());
        const string about = "Publish a draft.";
        var comment = Inputs.Comment();
        var aliases = DeployCommands.Aliases();
        var force = Force();
        IReadOnlyList<Symbol> takes = [reference, promote, from, aliases, force, wait, dryRun, comment];
        return global.NewCommand("publish", about, takes, async (session, cancellationToken) =>
        {
            var version = await Find(session, reference, cancellationToken);
            var body = new PublishRequest().Because(session.Value(comment));
            if (session.Has(promote))
            {
                body.Promote = session.Value(promote) ?? true;
            }

            if (session.Value(force))
            {
                body.Force = true;
            }

            if (body.Promote == true)
            {
                body.From = await Inputs.FromOf(session, session.Value(from), version.ModelId, cancellationToken);
            }

            if (DeployCommands.AliasesOf(session.Value(aliases)) is { } claimed)
            {
                body.Aliases = claimed;
            }

            var parameters = new PublishParameters { DryRun = session.Value(dryRun) ? true : null };
            var answer = await session.Registry.Publish(version.Id, body, parameters, cancellationToken);
            await Show(
                session,
                answer,
                session.Value(dryRun),
                Waiting.TimeOf(session, wait),
                cancellationToken);
        });
    }

    private static Command Promote(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        var (from, force, dryRun) = (Inputs.From(), Force(), Inputs.DryRun());
        const string about = "Make a version the primary: it answers calls that name no version.";
        var comment = Inputs.Comment();
        IReadOnlyList<Symbol> takes = [reference, from, force, dryRun, comment];
        return global.NewCommand("promote", about, takes, async (session, cancellationToken) =>
        {
            var version = await Find(session, reference, cancellationToken);
            var body = new PromoteRequest
            {
                From = await Inputs.FromOf(session, session.Value(from), version.ModelId, cancellationToken),
            }.Because(session.Value(comment));
            if (session.Value(force))
            {
                body.Force = true;
            }

            var parameters = new PromoteParameters { DryRun = session.Value(dryRun) ? true : null };
            var answer = await session.Registry.Promote(version.Id, body, parameters, cancellationToken);
            await Show(session, answer, session.Value(dryRun), wait: null, cancellationToken);
        });
    }

    private static Command Activate(GlobalOptions global)
    {
        var reference = Inputs.Reference();
        var serving = new ServingOptions("Where it answers from now on.");
        var (wait, dryRun) = (Waiting.Option(), Inputs.DryRun());
        const string about = "Bring an inactive or failed version back.";
        var comment = Inputs.Comment();
        IReadOnlyList<Symbol> takes = [reference, .. serving.All, wait, dryRun, comment];
        return global.NewCommand("activate", about, takes, async (session, cancellationToken) =>
        {
            var version = await Find(session, reference, cancellationToken);
            var body = new ActivateRequest().Because(session.Value(comment));
            if (serving.Read(session) is { } server)
            {
                body.Serving = server;
            }

            var parameters = new ActivateParameters { DryRun = session.Value(dryRun) ? true : null };
            var answer = await session.Registry.Activate(version.Id, body, parameters, cancellationToken);
            await Show(
                session,
                answer,
                session.Value(dryRun),
                Waiting.TimeOf(session, wait),
                cancellationToken);
        });
    }

    private static Command Rollback(GlobalOptions global)
    {
        var name = Inputs.Name();
        var (from, force, dryRun) = (Inputs.From(), Force(), Inputs.DryRun());
        const string about = "Go back to the primary before the present one.";
        var comment = Inputs.Comment();
        IReadOnlyList<Symbol> takes = [name, from, force, dryRun, comment];
        return global.NewCommand("rollback", about, takes, async (session, cancellationToken) =>
        {
            var model = await session.Registry.GetModel(session.Value(name)!, cancellationToken);
            session.Printer.Note($"The primary of {model.Name} is {model.Primary?.Version ?? "none"}.");
            var body = new RollbackRequest
            {
                From = session.Value(from) is { } given
                    ? await Inputs.FromOf(session, given, model.Id, cancellationToken)
                    : model.Primary?.VersionId,
            }.Because(session.Value(comment));
            if (session.Value(force))
            {
                body.Force = true;
            }

            var parameters = new RollbackParameters { DryRun = session.Value(dryRun) ? true : null };
            var answer = await session.Registry.Rollback(model.Id, body, parameters, cancellationToken);
            await Show(session, answer, session.Value(dryRun), wait: null, cancellationToken);
        });
    }

    private static Command Deactivate(GlobalOptions global)
    {
        var reference = Inputs.Reference("A version: name@1.2.0, or an id.");
        var (to, force, drain, dryRun) = (PromoteTo(), Force(), Drain(), Inputs.DryRun());
        const string about = "Take a version out of routing, at once.";
        var comment = Inputs.Comment();
        IReadOnlyList<Symbol> takes = [reference, to, force, drain, dryRun, comment];
        return global.NewCommand("deactivate", about, takes, async (session, cancellationToken) =>
        {
            var version = await FindExact(session, reference, cancellationToken);
            var body = new DeactivateRequest().Because(session.Value(comment));
            if (await PromoteToOf(session, to, cancellationToken) is { } next)
            {
                body.PromoteTo = next;
            }

            if (session.Value(force))
            {
                body.Force = true;
            }

            var impact = await session.Registry.Deactivate(
                version.Id,
                body,
                new DeactivateParameters { DryRun = true },
                cancellationToken);
            ShowImpact(session, impact);
            if (session.Value(dryRun))
            {
                Show(session, impact, isDryRun: true);
                return;
            }

            if (Seconds(session.Value(drain)) is { } seconds)
            {
                body.DrainSeconds = seconds;
            }

            Show(
                session,
                await session.Registry.Deactivate(version.Id, body, cancellationToken: cancellationToken),
                isDryRun: false);
        });
    }

    private static Command Delete(GlobalOptions global)
    {
        var reference = Inputs.Reference("A version: name@1.2.0, or an id.");
        var (to, drain, yes, dryRun) = (PromoteTo(), Drain(), Inputs.Yes(), Inputs.DryRun());
        var (force, release) = (Force(), Inputs.ReleaseAliases());
        var about = "Delete a version, at once and for ever. The last one of a model takes the model along.";
        var comment = Inputs.Comment();
        IReadOnlyList<Symbol> takes = [reference, to, force, drain, release, yes, dryRun, comment];
        return global.NewCommand("delete", about, takes, async (session, cancellationToken) =>
        {
            var version = await FindExact(session, reference, cancellationToken);
            var next = await PromoteToOf(session, to, cancellationToken);
            bool? released = session.Value(release) ? true : null;
            bool? forced = session.Value(force) ? true : null;
            var parameters = new DeleteVersionParameters { PromoteTo = next, Force = forced, ReleaseAliases = released, DryRun = true };
            var impact = await session.Registry.DeleteVersion(version.Id, parameters, cancellationToken);
            ShowImpact(session, impact);
            if (session.Value(dryRun))
            {
                Show(session, impact, isDryRun: true);
                return;
            }

            session.Confirm($"Delete {Inputs.Short(version)} for ever?", session.Value(yes));
            parameters = new DeleteVersionParameters
            {
                PromoteTo = next,
                Force = forced,
                ReleaseAliases = released,
                DrainSeconds = Seconds(session.Value(drain)),
                Comment = session.Value(comment),
            };
            Show(
                session,
                await session.Registry.DeleteVersion(version.Id, parameters, cancellationToken),
                isDryRun: false);
        });
    }

    private static Option<string?> PromoteTo() =>
        Inputs.Text("--promote-to", "The version that becomes the primary, if this one is.", "REF");

    private static Option<bool> Force() => new("--force") { Description = "Promote a version although it is unhealthy." };

    public static Option<TimeSpan?> Drain() =>
        Inputs.Duration("--drain", "How long to wait for calls that still run.");

    public static long? Seconds(TimeSpan? time) => (long?)time?.TotalSeconds;

    private static async Task<string?> PromoteToOf(
        Session session,
        Option<string?> option,
        CancellationToken cancellationToken) =>
        session.Value(option) is { } next ? (await session.Registry.FindVersion(next, cancellationToken)).Id : null;

    private static async Task<ModelVersion> Find(
        Session session,
        Argument<string> reference,
        CancellationToken cancellationToken)
    {
        var version = await session.Registry.FindVersion(session.Value(reference)!, cancellationToken);
        session.Printer.Note(
            $"{Inputs.Short(version)} is {version.State}{(version.IsPrimary ? ", the primary" : "")}.");
        return version;
    }

    /// <summary>What takes a version away takes it by a whole number or its id: a range may lead to another one
    /// tomorrow.</summary>
    public static Task<ModelVersion> FindExact(
        Session session,
        Argument<string> reference,
        CancellationToken cancellationToken)
    {
        var given = VersionReference.Parse(session.Value(reference)!);
        return given.IsId || given.IsNumber
            ? Find(session, reference, cancellationToken)
            : throw new UsageException(
                $"This needs one version: name@1.2.0 or an id, not \"{session.Value(reference)}\".");
    }

    /// <summary>Rule K8.</summary>
    private static void ShowImpact(Session session, StopAnswer impact)
    {
        var traffic = impact.Traffic is { } calls
            ? $"{calls.LastMinute} calls in the last minute, {calls.InFlight} run now"
            : "no figures of calls";
        session.Printer.Note($"Impact: {traffic}.");
        if (impact.PrimaryChange is { } change)
        {
            session.Printer.Note(
                change.To is null
                    ? "Impact: the model has no primary any more."
                    : $"Impact: the primary becomes {change.To}.");
        }

        foreach (var referrer in (impact.References ?? []).Where(referrer => referrer != "primary"))
        {
            session.Printer.Note($"Impact: {referrer.Replace("alias:", "alias @", StringComparison.Ordinal)} points to it.");
        }

        if (impact.ModelDeleted)
        {
            session.Printer.Note(
                $"Impact: the model {impact.Version.ModelName} is deleted too, since this is its last version.");
        }
    }

    private static async Task Show(
        Session session,
        CommandAnswer answer,
        bool isDryRun,
        TimeSpan? wait,
        CancellationToken cancellationToken)
    {
        session.Show(answer, answer.Version.Id, Fields(answer.Version, answer.Changed, answer.PrimaryChange, isDryRun));
        if (wait is { } time && !isDryRun)
        {
            var version = await Waiting.UntilReady(session, answer.Version, time, cancellationToken);
            session.Printer.Note($"{Inputs.Short(version)} is {version.Serving?.Status ?? "ready"}.");
        }
    }

    private static void Show(Session session, StopAnswer answer, bool isDryRun) => session.Show(
        answer,
        answer.Version.Id,
        [
            .. Fields(answer.Version, answer.Changed, answer.PrimaryChange, isDryRun),
            ("model deleted", answer.ModelDeleted ? "yes" : null),
            ("calls left", answer.InFlightLeft is { } left ? Inputs.Count(left) : null),
        ]);

    private static IEnumerable<(string Name, string? Value)> Fields(
        ModelVersion version,
        bool changed,
        PrimaryChange? change,
        bool isDryRun) =>
    [
        ("version", Inputs.Short(version)), ("state", version.State), ("serving", version.Serving?.Status),
        ("health", version.Serving?.Health), ("primary", version.IsPrimary ? "yes" : "no"),
        (isDryRun ? "would change" : "changed", changed ? "yes" : "no"),
        ("primary moved", change is null ? null : $"{change.From ?? "none"} -> {change.To ?? "none"}"),
    ];
}
