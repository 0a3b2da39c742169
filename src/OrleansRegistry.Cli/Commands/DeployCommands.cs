using System.CommandLine;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>New versions.</summary>
internal static class DeployCommands
{
    public static IEnumerable<Command> All(GlobalOptions global) => [Deploy(global)];

    private static Command Deploy(GlobalOptions global)
    {
        var name = new Argument<string>("NAME") { Description = "The model's name. A new name makes a model." };
        var path = new Argument<string?>("PATH")
        {
            Description = "A folder with model.onnx, model.py, model.joblib or model.pkl, or an .onnx file: the registry runs it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var bump = Inputs.Choice(
            "--bump",
            "Which part of the number to raise; minor by default.",
            "major",
            "minor",
            "patch");
        var number = Inputs.Text("--version", "The number itself.", "1.2.0");
        var line = Inputs.Text("--base", "The release line to continue: 1.4 or 1.", "LINE");
        var publish = new Option<bool>("--publish") { Description = "Publish it at once. By default it is a draft." };
        var promote = Promote();
        var environment = Inputs.Text("--env", "The environment to run PATH in; by default the first that fits.", "NAME");
        var python = Inputs.Text(
            "--python", "The Python that PATH was made for; by default what the folder says.", "3.11");
        var serving = new ServingOptions("Where the version answers calls.");
        var artifact = Inputs.Text(
            "--artifact",
            "A reference to the model's files. The registry never opens it.",
            "URI");
        var instance = Inputs.Text("--instance-type", "What it runs on, for bills.", "TYPE");
        var external = Inputs.Text("--external-id", "Your own id for it.", "ID");
        var description = Inputs.Text("--description", "Free text.");
        var labels = Inputs.Labels("A label. May repeat.");
        var aliases = Aliases();
        var key = Inputs.Text(
            "--idempotency-key",
            "The same key with the same options makes one version, however often it is said.",
            "KEY");
        var wait = Waiting.Option();
        var (dryRun, comment) = (Inputs.DryRun(), Inputs.Comment());
        IReadOnlyList<Symbol> takes =
        [
            name, path, bump, number, line, publish, promote, environment, python, .. serving.All, artifact,
            instance, external, description, labels, aliases, key, wait, dryRun, comment,
        ];
        return global.NewCommand("deploy", "Make a new version of a model. It is made once, also when the connection breaks.", takes, async (session, cancellationToken) =>
        {
            var body = new Deployment { ModelName = session.Value(name)! }.Because(session.Value(comment));
            Set(session.Value(bump)?.ToUpperInvariant(), value => body.VersionBump = value);
            Set(session.Value(number), value => body.Version = value);
            Set(session.Value(line), value => body.Base = value);
            Set(session.Value(artifact), value => body.Artifact = new ArtifactSpec { Uri = value });
            if (session.Value(path) is null && (session.Has(environment) || session.Has(python)))
            {
                throw new Settings.UsageException("--env and --python need PATH.");
            }

            if (session.Value(path) is not null && session.Has(artifact))
            {
                throw new Settings.UsageException("PATH and --artifact name the files twice. Leave one out.");
            }

            var files = await ModelPath.Read(session, session.Value(path), session.Value(python), cancellationToken);
            Set(files, value => body.Artifact = new ArtifactSpec { Digest = value.Digest() });
            Set(session.Value(instance), value => body.InstanceType = value);
            Set(session.Value(external), value => body.ExternalId = value);
            Set(session.Value(description), value => body.Description = value);
            Set(Inputs.LabelsOf(session.Value(labels)), value => body.Labels = value);
            Set(AliasesOf(session.Value(aliases)), value => body.Aliases = value);
            Set(serving.Read(session, isRun: files is not null), value => body.Serving = value);
            if (files is not null && body.Serving is null)
            {
                body.Runtime = Runtime(session.Value(environment), session.Value(serving.Startup));
            }

            if (session.Value(publish))
            {
                body.Publish = true;
            }

            if (session.Has(promote))
            {
                body.Promote = session.Value(promote);
            }

            var isDryRun = session.Value(dryRun);
            var parameters = new DeployParameters
            {
                DryRun = isDryRun ? true : null,
                IdempotencyKey = session.Value(key),
            };
            if (files is not null)
            {
                await ModelPath.Upload(session, files, body, isDryRun, session.Has(key), cancellationToken);
            }

            var version = await session.Registry.Deploy(body, parameters, cancellationToken);
            if (isDryRun)
            {
                session.Printer.Note("Nothing was made: this is what it would be.");
            }
            else if (Waiting.TimeOf(session, wait) is { } time)
            {
                if (session.Has(key) && version.Serving?.Status == ServingStatusValues.Failed)
                {
                    session.Printer.Note(
                        $"The key has made {version.Version} before, and its start has failed. It is started again.");
                    var again = new ActivateRequest().Because(session.Value(comment));
                    await session.Registry.Activate(version.Id, again, cancellationToken: cancellationToken);
                }

                version = await Waiting.UntilReady(session, version, time, cancellationToken);
            }

            session.Show(version, version.Id, VersionFields.Of(version));
        });
    }

    public static Option<string[]> Aliases() => new("--alias")
    {
        Description = "An alias that it claims: it points to the version as soon as that is ready. May repeat.",
        HelpName = "@ALIAS",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The names of aliases, with or without <c>@</c>.</summary>
    public static IReadOnlyList<string>? AliasesOf(string[]? aliases) =>
        aliases is null or [] ? null : [.. aliases.Select(alias => alias.TrimStart('@'))];

    public static Option<bool?> Promote() =>
        new("--promote")
        {
            Description = "Whether it claims to be the primary; by default if its number is the highest.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "true|false",
        };

    private static RuntimeSpec Runtime(string? environment, TimeSpan? startup)
    {
        var runtime = new RuntimeSpec();
        Set(environment, value => runtime.Environment = value);
        if (startup is { } time)
        {
            runtime.StartupTimeoutSeconds = (long)time.TotalSeconds;
        }

        return runtime;
    }

    private static void Set<T>(T? value, Action<T> set)
        where T : class
    {
        if (value is not null)
        {
            set(value);
        }
    }
}
