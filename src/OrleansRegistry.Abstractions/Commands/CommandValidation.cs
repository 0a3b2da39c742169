using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>
/// Which commands are well formed. Whoever sends one asks, once: the gateway and the client. Grains take commands
/// from them only. Pure functions that answer everything that is wrong, by JSON name.
/// </summary>
internal static partial class CommandValidation
{
    /// <summary>What is wrong with a deployment (rules N3, N4 and P1, and the limits of its fields).</summary>
    public static ImmutableArray<FieldError> Validate(DeployCommand command)
    {
        var problems = new FieldProblems();
        var deployment = command.Deployment;
        problems.Add("model_name", ModelName.Problem(deployment.ModelName));
        problems.Add("version", deployment.Version is { } version ? FieldRules.Version(version) : null);
        problems.Add("base", deployment.Base is { } line ? FieldRules.Base(line) : null);
        AddNumbering(problems, deployment);
        problems.Add("promote", deployment.Promote is not null && !deployment.Publish ? "needs publish: true; a draft can't claim the primary pointer" : null);
        problems.Add("description", FieldRules.Description(deployment.Description));
        AddLabels(problems, deployment.Labels!, allowsNull: false);
        if (deployment.Artifact is { } artifact)
        {
            AddArtifact(problems, artifact);
        }

        AddServing(problems, deployment.Serving);
        AddRuntime(problems, deployment.Runtime, deployment.Serving);
        problems.Add(
            "runtime",
            deployment.Runtime is not null && deployment.Artifact?.Digest is null ? "needs artifact.digest: the registry runs what it has" : null);
        problems.Add("instance_type", deployment.InstanceType is { } type ? FieldRules.InstanceType(type) : null);
        problems.Add("external_id", deployment.ExternalId is { } id ? FieldRules.ExternalId(id) : null);
        problems.Add(FieldRules.Aliases("aliases", deployment.Aliases));
        problems.Add("Idempotency-Key", deployment.IdempotencyKey is { } key ? FieldRules.IdempotencyKey(key) : null);
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with the comment of a command.</summary>
    public static ImmutableArray<FieldError> Validate(CommandContext context)
    {
        var problems = new FieldProblems();
        problems.Add(CommandComment.Field, CommandComment.Problem(context.Comment));
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with an activation: its serving spec or runtime, if it has one.</summary>
    public static ImmutableArray<FieldError> Validate(ActivateCommand command)
    {
        var problems = new FieldProblems();
        AddServing(problems, command.Serving);
        AddRuntime(problems, command.Runtime, command.Serving);
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with a list of servers (rule SV1).</summary>
    public static ImmutableArray<FieldError> Validate(PutServersCommand command)
    {
        var problems = new FieldProblems();
        problems.Add(FieldRules.Servers("servers", command.Servers));
        return problems.ToImmutable();
    }

    /// <summary>
    /// What is wrong with a publish: only one that claims the pointer can say whom it expects there (rule P5).
    /// </summary>
    public static ImmutableArray<FieldError> Validate(PublishCommand command)
    {
        var problems = new FieldProblems();
        problems.Add("from", command.From.IsSet && command.Promote is not true ? "needs promote: true" : null);
        problems.Add(FieldRules.Aliases("aliases", command.Aliases));
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with the setting of an alias (rules AL1 and AL3).</summary>
    public static ImmutableArray<FieldError> Validate(SetAliasCommand command)
    {
        var problems = new FieldProblems();
        problems.Add("alias", FieldRules.Alias(command.Name));
        problems.Add("version", FieldRules.AliasTarget(command.Version));
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with a change of a version's description and labels.</summary>
    public static ImmutableArray<FieldError> Validate(PatchVersionCommand command)
    {
        var problems = new FieldProblems();
        problems.Add("description", FieldRules.Description(command.Description.Value));
        AddLabels(problems, command.Labels.Value, allowsNull: true);
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with a change of a model.</summary>
    public static ImmutableArray<FieldError> Validate(PatchModelCommand command)
    {
        var problems = new FieldProblems();
        problems.Add("description", FieldRules.Description(command.Description.Value));
        AddLabels(problems, command.Labels.Value, allowsNull: true);
        problems.Add("fall_back_seconds", command.FallBackSeconds is { } seconds ? FieldRules.FallBackSeconds(seconds) : null);
        return problems.ToImmutable();
    }

    /// <summary>What is wrong with the labels that a patch leads to.</summary>
    public static ImmutableArray<FieldError> ValidateLabels(IReadOnlyDictionary<string, string> labels)
    {
        var problems = new FieldProblems();
        AddLabels(problems, labels!, allowsNull: false);
        return problems.ToImmutable();
    }

    /// <summary>Rules N3 and N4: <c>base</c> goes with a bump below its line; nothing else combines.</summary>
    private static void AddNumbering(FieldProblems problems, Deployment deployment)
    {
        var continues = deployment is { Version: null, Base: { } line, VersionBump: { } bump }
            && bump == (line.Contains('.', StringComparison.Ordinal) ? VersionBump.Patch : VersionBump.Minor);
        List<string> given = [];
        if (deployment.Version is not null)
        {
            given.Add("version");
        }

        if (deployment.Base is not null)
        {
            given.Add("base");
        }

        if (deployment.VersionBump is not null)
        {
            given.Add("version_bump");
        }

        if (continues || given.Count < 2)
        {
            return;
        }

        const string rule = "version, base and version_bump combine only as base 1.4 with PATCH, or base 1 with MINOR";
        given.ForEach(field => problems.Add(field, rule));
    }

    private static void AddLabels(FieldProblems problems, IReadOnlyDictionary<string, string?>? labels, bool allowsNull)
    {
        if (labels is null)
        {
            return;
        }

        problems.Add("labels", labels.Count > FieldRules.MaxLabels ? $"must have at most {FieldRules.MaxLabels} entries" : null);
        foreach ((var key, var value) in labels)
        {
            var problem = FieldRules.LabelKey(key) ?? (value is not null ? FieldRules.LabelValue(value) : allowsNull ? null : "must be a string");
            problems.Add(FieldRules.IsShowable(key) ? $"labels.{key}" : "labels", problem);
        }
    }

    /// <summary>Rule F6: exactly one of <c>uri</c> and <c>digest</c>; a digest says all of its artifact.</summary>
    private static void AddArtifact(FieldProblems problems, Artifact artifact)
    {
        if (artifact.Digest is { } digest)
        {
            const string rule = "must be left out beside digest";
            problems.Add("artifact.digest", FieldRules.Sha256(digest));
            problems.Add("artifact.uri", artifact.Uri.Length > 0 ? rule : null);
            problems.Add("artifact.sha256", artifact.Sha256 is not null ? rule : null);
            problems.Add("artifact.size_bytes", artifact.SizeBytes is not null ? rule : null);
            return;
        }

        problems.Add("artifact.uri", FieldRules.ArtifactUri(artifact.Uri));
        problems.Add("artifact.sha256", artifact.Sha256 is { } sha256 ? FieldRules.Sha256(sha256) : null);
        problems.Add("artifact.size_bytes", artifact.SizeBytes < 0 ? "must be 0 or more" : null);
    }

    private static void AddServing(FieldProblems problems, ServingSpec? serving)
    {
        if (serving is null)
        {
            return;
        }

        AddAddresses(problems, serving);
        problems.Add("serving.min_ready", serving.MinReady is { } ready ? FieldRules.MinReady(ready) : null);
        problems.Add("serving.probe_seconds", serving.ProbeSeconds is { } seconds ? FieldRules.ProbeSeconds(seconds) : null);
        problems.Add("serving.startup_timeout_seconds", FieldRules.StartupTimeout(serving.StartupTimeoutSeconds));
        problems.Add("serving.served_name", serving.ServedName is { } name ? FieldRules.ServedName(name) : null);
        AddPaths(problems, "serving.openai_paths", serving.OpenaiPaths);
    }

    /// <summary>Rule SV1: one server, or a list whose first is the same.</summary>
    private static void AddAddresses(FieldProblems problems, ServingSpec serving)
    {
        if (serving.Servers is not { } servers)
        {
            problems.Add("serving.url", FieldRules.Url(serving.Url));
            problems.Add("serving.health_url", serving.HealthUrl is { } health ? FieldRules.Url(health) : null);
            return;
        }

        const string rule = "must be that of the first server, or be left out";
        problems.Add(FieldRules.Servers("serving.servers", servers));
        problems.Add("serving.url", servers is [{ } first, ..] && serving.Url != first.Url ? rule : null);
        problems.Add("serving.health_url", servers is [{ } one, ..] && serving.HealthUrl != one.HealthUrl ? rule : null);
    }

    private static void AddPaths(FieldProblems problems, string field, IReadOnlyList<string>? paths)
    {
        if (paths is not { Count: > 0 and <= FieldRules.MaxPaths })
        {
            problems.Add(field, paths is null ? null : $"must have 1 to {FieldRules.MaxPaths} paths");
            return;
        }

        foreach (var (place, path) in paths.Index())
        {
            problems.Add($"{field}[{place}]", FieldRules.OpenaiPath(path ?? "") ?? (paths.Take(place).Contains(path) ? "must not appear twice" : null));
        }
    }

    /// <summary>A version answers elsewhere, or the registry runs it; not both.</summary>
    private static void AddRuntime(FieldProblems problems, RuntimeSpec? runtime, ServingSpec? serving)
    {
        if (runtime is null)
        {
            return;
        }

        problems.Add("runtime", serving is not null ? "must be left out beside serving" : null);
        problems.Add("runtime.environment", runtime.Environment is { } name ? FieldRules.Environment(name) : null);
        problems.Add("runtime.command", runtime.Command is { } command ? FieldRules.Command(command) : null);
        problems.Add("runtime.startup_timeout_seconds", FieldRules.StartupTimeout(runtime.StartupTimeoutSeconds));
        if (runtime.Env is { } env && ProcessVariables.Problem(env) is var (variable, reason))
        {
            problems.Add(variable is not null && FieldRules.IsShowable(variable) ? $"runtime.env.{variable}" : "runtime.env", reason);
        }
    }
}
