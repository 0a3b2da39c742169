using OrleansRegistry.Versions;
using Semver;

namespace OrleansRegistry.Models;

internal sealed partial class ModelGrain
{
    public async Task<Outcome<DeployAnswer>> Deploy(DeployCommand command)
    {
        if (await Begin(command.Context) is { } refusal)
        {
            return refusal;
        }

        try
        {
            return await DeployInTurn(command);
        }
        catch (Exception e) when (Refusal(e) is { } failed)
        {
            return failed;
        }
    }

    private async Task<Outcome<DeployAnswer>> DeployInTurn(DeployCommand command)
    {
        if (await FindReplay(command) is { } replay)
        {
            return replay;
        }

        var known = _row.Value;
        if (known is not null && (known.DeletedAt is not null || known.Name != command.Deployment.ModelName))
        {
            // Another name: the id was drawn twice. Either way the name needs a new id.
            return RoutingTable.Deleted(known);
        }

        var at = Now(known);
        var model = known ?? NewModel(command, at);
        if (await IsFull(model, isNewVersion: true) is { } full)
        {
            return full;
        }

        if (AliasRules.TooMany(model, command.Deployment.Aliases) is { } tooMany)
        {
            return tooMany;
        }

        var isArtifactMissing = command.Deployment.Artifact?.Digest is { } digest
            && !await artifacts.HasArtifact(_key.Workspace, digest, CancellationToken.None);
        if (isArtifactMissing && !command.Context.DryRun)
        {
            return new RegistryError(
                ErrorCode.ArtifactNotFound, $"The workspace has no artifact {command.Deployment.Artifact!.Digest}; upload its files, and make it.");
        }

        var room = command.Deployment.Runtime is not { } runtime ? null : await processes.Reserve(
            _key.Workspace,
            new VersionId(_key.Id, model.NextOrdinal),
            isArtifactMissing ? null : command.Deployment.Artifact!.Digest,
            runtime.Environment,
            command.Deployment.InstanceType,
            command.Context.Role);
        if (room is { Error: { } cannotRun })
        {
            return cannotRun;
        }

        using var reservation = room?.Value;

        var latest = known is null ? null : VersionNumbering.Parse(known.LatestVersion);
        if (!(await Number(command.Deployment, latest)).TryGet(out var number, out var error))
        {
            return error;
        }

        var transition = new DeployTransition(
            NewVersion(command, model.NextOrdinal, number.ToString(), VersionNumbering.IsHighest(number, latest)), command.Deployment.Publish);
        // A model without a row has no version that could be asked.
        var prepared = known is null ? new PreparedVersion(transition.Apply(null, at), RowVersion: 0) : await Prepare(model.NextOrdinal, command.Context, transition, at);
        if (prepared.Step is not { } step)
        {
            // The version has a row that this model doesn't know: a write that was in doubt took effect after all.
            await Reread();
            return Unavailable();
        }

        if (!ModelRules.Deploy(model, step, command, at).TryGet(out var change, out error))
        {
            return error;
        }

        if (ModelRules.Forbid(model, change.Model, command.Context.Role) is { } forbidden)
        {
            return forbidden;
        }

        return command.Context.DryRun || await Commit(command.Context, change, [prepared.RowVersion], at) is not { } failed
            ? new DeployAnswer
            {
                Version = change.Versions[0].ToView(change.Model.Primary?.Ordinal == model.NextOrdinal, prepared.RowVersion + 1) with
                {
                    ArtifactMissing = isArtifactMissing,
                },
            }
            : failed;
    }

    /// <summary>The answer to a repeated deployment (rule N5), or null for one that is new.</summary>
    private async Task<Outcome<DeployAnswer>?> FindReplay(DeployCommand command)
    {
        if (command.Idempotency is not { } repeated
            || await catalog.FindDeployment(_key.Workspace, command.Deployment.ModelName, repeated.Key, CancellationToken.None) is not { } earlier)
        {
            return null;
        }

        return earlier.BodyHash == repeated.BodyHash
            ? new DeployAnswer { Version = earlier.Version, Replayed = true }
            : new RegistryError(ErrorCode.IdempotencyKeyReused, "The idempotency key was used before, with another request.");
    }

    /// <summary>The number of the new version (rules N2 to N4). Only an older release line needs a look at the catalog.</summary>
    private async Task<Outcome<SemVersion>> Number(Deployment deployment, SemVersion? latest)
    {
        if (deployment.Version is { } text)
        {
            var number = VersionNumbering.Parse(text);
            var last = await LastOf(ReleaseLine.Of(number), latest);
            if (VersionNumbering.IsAbove(number, last))
            {
                return number;
            }

            return number.PrecedenceEquals(last) || await catalog.FindVersion(_key.Workspace, _key.Id, text, CancellationToken.None) is not null
                ? new RegistryError(ErrorCode.VersionExists, $"Number {text} was given before; numbers are never reused.")
                : RegistryError.Invalid("version", $"must be above {last}, the last number of its line");
        }

        var from = latest;
        var bump = deployment.VersionBump ?? VersionBump.Minor;
        if (deployment.Base is { } name)
        {
            var line = ReleaseLine.Parse(name);
            from = await LastOf(line, latest);
            if (from is null)
            {
                return RegistryError.Invalid("base", $"names release line {name}, which has no version yet");
            }

            bump = deployment.VersionBump ?? VersionNumbering.DefaultBump(line);
        }

        return VersionNumbering.Next(from, bump) is { } next
            ? next
            : RegistryError.Invalid(deployment.Base is null ? "version_bump" : "base", "would give a number with a part of more than nine digits");
    }

    private async Task<SemVersion?> LastOf(ReleaseLine line, SemVersion? latest)
    {
        if (latest is null || line.Contains(latest))
        {
            return latest;
        }

        var last = await catalog.FindLastOfLine(_key.Workspace, _key.Id, line.Major, line.Minor, CancellationToken.None);
        return last is null ? null : VersionNumbering.Parse(last);
    }

    private ModelState NewModel(DeployCommand command, DateTimeOffset at) => new()
    {
        Workspace = _key.Workspace,
        Id = _key.Id,
        Name = command.Deployment.ModelName,
        SearchName = ModelName.Fold(command.Deployment.ModelName),
        LatestVersion = "0.0.0",
        CreatedAt = at,
        CreatedBy = command.Context.Actor,
        CreatedByName = command.Context.ActorName,
    };

    private ModelVersionState NewVersion(DeployCommand command, int ordinal, string number, bool wasHighest) => new()
    {
        Workspace = _key.Workspace,
        ModelId = _key.Id,
        ModelName = command.Deployment.ModelName,
        Ordinal = ordinal,
        Version = number,
        Serving = Lifecycle.From(command.Deployment.Serving, command.Deployment.Runtime, IsOperator(command.Context)),
        Artifact = command.Deployment.Artifact,
        InstanceType = command.Deployment.InstanceType,
        Description = command.Deployment.Description,
        Labels = LabelSet.From(command.Deployment.Labels ?? LabelSet.None),
        ExternalId = command.Deployment.ExternalId,
        CreatedBy = command.Context.Actor,
        CreatedByName = command.Context.ActorName,
        WasHighest = wasHighest,
        Idempotency = command.Idempotency,
    };
}
