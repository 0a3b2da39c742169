using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>What is there.</summary>
internal static class ModelCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) =>
        [Models(global), Show(global), Versions(global), Diff(global), Resolve(global), Environments(global)];

    private static Command Models(GlobalOptions global)
    {
        var text = new Argument<string?>("TEXT")
        {
            Description = "Only models with this in their names.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var labels = Inputs.Labels("Only models with this label. May repeat.");
        const string about = "List the models.";
        var models = global.NewCommand("models", about, [text, labels], (session, cancellationToken) => session.List(
            session.Registry.ListModels(
                new ListModelsParameters { Q = session.Value(text), Label = Inputs.LabelFilter(session.Value(labels)) },
                cancellationToken),
            model => model.Id,
            ["NAME", "PRIMARY", "LATEST", "VERSIONS", "ACTIVE", "LABELS", "ID"],
            model =>
            [
                model.Name, model.Primary?.Version, model.LatestVersion, Inputs.Count(model.VersionCount),
                Inputs.Count(model.ActiveVersionCount),
                Inputs.LabelText(model.Labels), model.Id,
            ],
            cancellationToken));
        models.Subcommands.Add(Delete(global));
        return models;
    }

    private static Command Delete(GlobalOptions global)
    {
        var name = Inputs.Name();
        var confirm = Inputs.Text("--confirm", "The model's name once more, where nobody can be asked.", "NAME");
        var (release, dryRun, comment) = (Inputs.ReleaseAliases(), Inputs.DryRun(), Inputs.Comment());
        var about = "Delete a model with all its versions, at once and for ever.";
        return global.NewCommand("delete", about, [name, confirm, release, dryRun, comment], async (session, cancellationToken) =>
        {
            var model = await session.Registry.GetModel(session.Value(name)!, cancellationToken);
            session.Printer.Note(
                $"{model.Name} ({model.Id}) has {model.VersionCount} versions; the primary is {model.Primary?.Version ?? "none"}.");
            var isDryRun = session.Value(dryRun);
            if (!isDryRun && Confirmed(session, session.Value(confirm)) != model.Name)
            {
                throw new UsageException("That is not the model's name. Nothing was done.");
            }

            var parameters = new DeleteModelParameters
            {
                ReleaseAliases = session.Value(release) ? true : null,
                DryRun = isDryRun ? true : null,
                Comment = session.Value(comment),
            };
            var deleted = await session.Registry.DeleteModel(model.Id, parameters, cancellationToken);
            session.Show(
                deleted,
                deleted.Id,
                [(isDryRun ? "would delete" : "deleted", model.Name), ("id", deleted.Id)]);
        });
    }

    private static string? Confirmed(Session session, string? given)
    {
        if (given is not null)
        {
            return given;
        }

        if (!session.Terminal.CanAsk)
        {
            throw new UsageException("Nobody can be asked here for the model's name. Say it with --confirm NAME.");
        }

        session.Terminal.Error.Write("Type the model's name to delete it: ");
        session.Terminal.Error.Flush();
        return session.Terminal.ReadLine();
    }

    private static Command Show(GlobalOptions global)
    {
        var reference = Inputs.Reference("A model by its name, or a version: name@1.2.0, name@^1, name@alias, or an id.");
        const string about = "Show a model or a version.";
        return global.NewCommand("show", about, [reference], async (session, cancellationToken) =>
        {
            var given = VersionReference.Parse(session.Value(reference)!);
            if (given.Selector is null && !given.IsId)
            {
                var model = await session.Registry.GetModel(given.Model, cancellationToken);
                session.Show(model, model.Id, VersionFields.Of(model));
                return;
            }

            var version = await session.Registry.FindVersion(session.Value(reference)!, cancellationToken);
            session.Show(version, version.Id, VersionFields.Of(version));
        });
    }

    private static Command Versions(GlobalOptions global)
    {
        var name = Inputs.Name();
        var state = Inputs.Choice(
            "--state",
            "Only versions in this state.",
            "draft",
            "published",
            "inactive",
            "deleted");
        var labels = Inputs.Labels("Only versions with this label. May repeat.");
        const string about = "List a model's versions, newest first.";
        return global.NewCommand("versions", about, [name, state, labels], (session, cancellationToken) => session.List(
            session.Registry.ListVersions(
                session.Value(name)!,
                new ListVersionsParameters
                {
                    State = session.Value(state),
                    Label = Inputs.LabelFilter(session.Value(labels)),
                },
                cancellationToken),
            version => version.Id,
            VersionFields.Header,
            VersionFields.Row,
            cancellationToken));
    }

    private static Command Environments(GlobalOptions global)
    {
        const string about = "List the environments in which the registry runs versions.";
        return global.NewCommand("environments", about, [], async (session, cancellationToken) =>
        {
            var list = await session.Registry.ListEnvironments(cancellationToken);
            if (session.IsJson)
            {
                session.Printer.Json(list.Raw);
                return;
            }

            if (list.Off is { } off)
            {
                session.Printer.Note($"The registry runs no versions. {off}");
            }

            if (session.IsIds)
            {
                list.Environments.ToList().ForEach(environment => session.Printer.Line(environment.Name));
                return;
            }

            session.Printer.Table(
                ["NAME", "FORMATS", "PYTHON", "PACKAGES", "OFF"],
                list.Environments.Select(environment => (string?[])
                [
                    environment.Name, string.Join(' ', environment.Formats), environment.Python,
                    Inputs.Count(environment.Packages.Count), environment.Off,
                ]));
        });
    }

    private static Command Diff(GlobalOptions global)
    {
        var one = new Argument<string>("A") { Description = "A version: name@1.2.0, name@^1, name, or an id." };
        var other = new Argument<string>("B") { Description = "Another one." };
        const string about = "Show in what two versions differ.";
        return global.NewCommand("diff", about, [one, other], async (session, cancellationToken) =>
        {
            var a = await session.Registry.FindVersion(session.Value(one)!, cancellationToken);
            var b = await session.Registry.FindVersion(session.Value(other)!, cancellationToken);
            var (left, right) = (Flat(a.Raw), Flat(b.Raw));
            var differences = left.Keys.Union(right.Keys)
                .Select(
                    member => (Member: member, A: left.GetValueOrDefault(member), B: right.GetValueOrDefault(member)))
                .Where(line => line.A != line.B)
                .OrderBy(line => line.Member, StringComparer.Ordinal)
                .ToList();
            if (session.IsJson)
            {
                var items = differences.Select(
                    line => (JsonNode)new JsonObject { ["member"] = line.Member, ["a"] = line.A, ["b"] = line.B });
                session.Printer.Json(
                    JsonElement.Parse(new JsonObject { ["items"] = new JsonArray([.. items]) }.ToJsonString()));
            }
            else if (session.IsIds)
            {
                differences.ForEach(line => session.Printer.Line(line.Member));
            }
            else
            {
                session.Printer.Table(
                    ["", $"{a.ModelName} {a.Version}", $"{b.ModelName} {b.Version}"],
                    differences.Select(line => (string?[])[line.Member, line.A, line.B]));
            }
        });
    }

    /// <summary>The members of a document and of the objects in it, as text.</summary>
    private static Dictionary<string, string?> Flat(JsonElement document)
    {
        var flat = new Dictionary<string, string?>();
        Add(document, "");
        return flat;

        void Add(JsonElement part, string path)
        {
            foreach (var member in part.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Object)
                {
                    Add(member.Value, $"{path}{member.Name}.");
                }
                else if (member.Value.ValueKind != JsonValueKind.Null)
                {
                    flat[path + member.Name] = member.Value.ToString();
                }
            }
        }
    }

    private static Command Resolve(GlobalOptions global)
    {
        var reference = Inputs.Reference("A model, perhaps with a selector: name, name@1.2.0, name@^1, name@alias.");
        var explain = new Option<bool>("--explain") { Description = "Also show the nearest versions, and why each was not taken." };
        const string about = "Show which version a selector leads to now.";
        return global.NewCommand("resolve", about, [reference, explain], async (session, cancellationToken) =>
        {
            var given = VersionReference.Parse(session.Value(reference)!);
            var parameters = new ResolveParameters
            {
                Version = given.Selector,
                Explain = session.Value(explain) ? true : null,
            };
            try
            {
                var answer = await session.Registry.Resolve(given.Model, parameters, cancellationToken);
                session.Show(answer, answer.VersionId,
                [
                    ("version", answer.Version), ("id", answer.VersionId), ("resolved by", answer.ResolvedBy),
                    ("alias", answer.Alias),
                    ("url", answer.ServingUrl), ("artifact", answer.Artifact?.Uri),
                    .. (answer.Nearest ?? []).Select(near => ("not taken", (string?)Explained(near))),
                ]);
            }
            catch (RegistryException refused) when (NearestOf(refused) is { Count: > 0 } nearest)
            {
                nearest.ForEach(near => session.Printer.Note($"not taken  {Explained(near)}"));
                throw;
            }
        });
    }

    private static string Explained(NearVersion near) => $"{near.Version} ({near.State}): {near.Reason}";

    /// <summary>A refusal explains too.</summary>
    private static List<NearVersion> NearestOf(RegistryException refused) =>
        refused.Raw is { } problem && problem.TryGetProperty("nearest", out var nearest)
            && nearest.ValueKind == JsonValueKind.Array
            ? [.. nearest.EnumerateArray().Select(raw => new NearVersion(raw))]
            : [];
}
