using System.Text.Json;
using OrleansRegistry.Events;
using OrleansRegistry.Models;
using OrleansRegistry.Versions;
using Semver;

namespace OrleansRegistry.Reference;

/// <summary>
/// Does with the pure rules what the model's grain does with them, for one name, in memory: prepare, decide, stamp, store. When the
/// model is deleted, the next deployment makes a new one.
/// </summary>
internal sealed class ModelDriver(int maxActive = 1000)
{
    private readonly List<StoredVersion> _rows = [];
    private int _models;

    /// <summary>The clock.</summary>
    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

    public ModelState? Model { get; private set; }

    /// <summary>Every version the model ever had, deleted ones included.</summary>
    public IReadOnlyList<StoredVersion> Rows => _rows;

    /// <summary>What has happened to the model, in order.</summary>
    public List<StoredEvent> Events { get; } = [];

    /// <summary>The moves of the primary as they are listed, newest first.</summary>
    public IReadOnlyList<RegistryEvent> Moves =>
    [
        .. Events.Index().Where(happened => happened.Item.Type == EventType.PrimaryChanged).Reverse().Select(happened => new RegistryEvent
        {
            Id = $"{happened.Index + 1}",
            Type = happened.Item.Type,
            At = happened.Item.At,
            Workspace = GrainKeys.DefaultWorkspace,
            ModelId = Model!.Id,
            VersionId = happened.Item.VersionId,
            Version = _rows[(VersionId.TryParse(happened.Item.VersionId, out var id) ? id.Ordinal : 0) - 1].State.Version,
            Actor = happened.Item.Actor,
            Data = JsonElement.Parse(happened.Item.Data),
        }),
    ];

    /// <summary>The id of a version of the model.</summary>
    public string Id(int ordinal) => new VersionId(Model!.Id, ordinal).ToString();

    public Answer Run(Command command)
    {
        switch (command)
        {
            case Command.MoveClock clock:
                Now += TimeSpan.FromMilliseconds(clock.Milliseconds);
                return Answer.Unchanged;
            case Command.Reload:
                Reload();
                return Answer.Unchanged;
            case Command.Deploy deploy:
                return Deploy(deploy);
            case Command.Rollback or Command.SetPolicy or Command.DeleteModel or Command.Label { Ordinal: null }
                or Command.SetAlias or Command.RollbackAlias or Command.RemoveAlias or Command.SetFallBack or Command.FallBack:
                return OnModel(command);
            default:
                return OnVersion(command);
        }
    }

    /// <summary>Stores a status that no command sets yet, as the next release will.</summary>
    public void Put(int ordinal, ServingStatus status)
    {
        var (before, row) = _rows[ordinal - 1];
        var after = before with { Serving = before.Serving! with { Status = status, Since = Now } };
        _rows[ordinal - 1] = new StoredVersion(ActiveTime.Settle(before, after, Now).State, row + 1);
        Model = Model!.With(Model.Find(ordinal)! with { Status = status });
    }

    /// <summary>Takes the model, and the number of its rows, back to what they were.</summary>
    public void Restore(ModelState model)
    {
        Model = model;
        _rows.RemoveRange(model.NextOrdinal - 1, _rows.Count - model.NextOrdinal + 1);
        foreach (var (place, row) in _rows.ToList().Index().Where(row => row.Item.State.IsActive != model.Find(row.Item.State.Ordinal) is not null))
        {
            _rows[place] = row with { State = row.State with { State = row.State.Stage.ActiveState(), Entry = null } };
        }
    }

    private Answer Deploy(Command.Deploy deploy)
    {
        var known = Model is { DeletedAt: null } ? Model : null;
        var at = Instant(known);
        var model = known ?? NewModel(deploy.By, at);
        if (model.Active.Length >= maxActive)
        {
            return new Answer(ErrorCode.TooManyActiveVersions);
        }

        if (AliasRules.TooMany(model, deploy.Aliases) is { } tooMany)
        {
            return new Answer(tooMany.Code);
        }

        var latest = known is null ? null : VersionNumbering.Parse(known.LatestVersion);
        if (!Number(deploy, latest).TryGet(out var number, out var error))
        {
            return new Answer(error.Code);
        }

        var context = Context(deploy);
        var transition = new DeployTransition(
            new ModelVersionState
            {
                Workspace = model.Workspace,
                ModelId = model.Id,
                ModelName = model.Name,
                Ordinal = model.NextOrdinal,
                Version = number.ToString(),
                Serving = Lifecycle.From(deploy.Serving, null),
                InstanceType = deploy.InstanceType,
                CreatedBy = deploy.By,
                WasHighest = VersionNumbering.IsHighest(number, latest),
            },
            deploy.IsPublished);
        var step = transition.Apply(null, at)!;
        var command = new DeployCommand
        {
            Context = context,
            Deployment = new Deployment
            {
                ModelName = model.Name,
                Publish = deploy.IsPublished,
                Promote = deploy.Claims,
                Serving = deploy.Serving,
                Aliases = deploy.Aliases,
            },
        };
        if (!ModelRules.Deploy(model, step, command, at).TryGet(out var change, out error))
        {
            return new Answer(error.Code);
        }

        if (known is null)
        {
            _models++;
            _rows.Clear();
            Events.Clear();
        }

        return Commit(model, change, context, at) with { Number = number.ToString() };
    }

    private Outcome<SemVersion> Number(Command.Deploy deploy, SemVersion? latest)
    {
        if (deploy.Version is { } text)
        {
            var number = VersionNumbering.Parse(text);
            var last = LastOf(ReleaseLine.Of(number), latest);
            if (VersionNumbering.IsAbove(number, last))
            {
                return number;
            }

            return number.PrecedenceEquals(last) || _rows.Any(row => row.State.Version == text)
                ? new RegistryError(ErrorCode.VersionExists, "taken")
                : RegistryError.Invalid("version", "below");
        }

        var from = latest;
        var bump = deploy.Bump ?? VersionBump.Minor;
        if (deploy.Base is { } name)
        {
            var line = ReleaseLine.Parse(name);
            from = LastOf(line, latest);
            bump = deploy.Bump ?? VersionNumbering.DefaultBump(line);
            if (from is null)
            {
                return RegistryError.Invalid("base", "empty");
            }
        }

        return VersionNumbering.Next(from, bump) is { } next ? next : RegistryError.Invalid("version_bump", "too long");
    }

    /// <summary>What the catalog answers: the highest number of a line, deleted ones included.</summary>
    private SemVersion? LastOf(ReleaseLine line, SemVersion? latest) => latest is null || line.Contains(latest)
        ? latest
        : _rows.Select(row => VersionNumbering.Parse(row.State.Version)).Where(line.Contains).Max(SemVersion.PrecedenceComparer);

    private Answer OnVersion(Command command)
    {
        var context = Context(command);
        var at = Instant(Model);
        return command switch
        {
            Command.Publish c => OnVersion(c.Ordinal, context, new PublishTransition(), (model, step) => ModelRules.Publish(
                model, step, new PublishCommand { Context = context, Ordinal = c.Ordinal, Promote = c.Claims, From = c.From, Aliases = c.Aliases, Force = c.Force }, at)),
            Command.Promote c => OnVersion(c.Ordinal, context, new PromoteTransition(), (model, step) => ModelRules.Promote(
                model, step, new PromoteCommand { Context = context, Ordinal = c.Ordinal, From = c.From, Force = c.Force }, at)),
            Command.Activate c => OnVersion(c.Ordinal, context, new ActivateTransition(c.Serving), (model, step) =>
                model.Find(c.Ordinal) is null && model.Active.Length >= maxActive
                    ? new RegistryError(ErrorCode.TooManyActiveVersions, "full")
                    : ModelRules.Activate(model, step, new ActivateCommand { Context = context, Ordinal = c.Ordinal, Serving = c.Serving }, at)),
            Command.Deactivate c => OnVersion(c.Ordinal, context, new DeactivateTransition(), (model, step) => ModelRules.Deactivate(
                model,
                step,
                new DeactivateCommand
                {
                    Context = context,
                    Ordinal = c.Ordinal,
                    PromoteTo = c.PromoteTo,
                    Force = c.Force,
                    RefuseIfPrimary = c.RefuseIfPrimary,
                    RefuseIfReferenced = c.RefuseIfReferenced,
                },
                at)),
            Command.Delete c => OnVersion(c.Ordinal, context, new DeleteTransition(), (model, step) => ModelRules.Delete(
                model,
                step,
                new DeleteCommand
                {
                    Context = context,
                    Ordinal = c.Ordinal,
                    PromoteTo = c.PromoteTo,
                    Force = c.Force,
                    RefuseIfPrimary = c.RefuseIfPrimary,
                    RefuseIfReferenced = c.RefuseIfReferenced,
                    ReleaseAliases = c.ReleasesAliases,
                },
                at)),
            Command.Label c => OnVersion(c.Ordinal!.Value, context, new PatchTransition(default, Labels(c.Value)), (model, step) =>
                ModelRules.Patch(model, step)),
            Command.PutServers c => OnVersion(c.Ordinal, context, new PutServersTransition(c.Servers), (model, step) =>
                ModelRules.PutServers(model, step, context.Role)),
            Command.ReportProbe c => OnVersion(
                c.Ordinal,
                context,
                new ServeTransition(new ServingResult(c.Attempt, c.IsReady, c.IsReady ? null : "503") { Up = c.Up }),
                (model, step) => ModelRules.ReportProbe(model, step, Author.Of(context), at)),
            Command.Mark c => OnVersion(
                c.Ordinal,
                context,
                new MarkTransition(new HealthReport(c.Attempt, c.IsUnhealthy ? UnhealthyBecause.ServersDown : null)),
                ModelRules.Mark),
            _ => throw new ArgumentException($"{command}", nameof(command)),
        };
    }

    private Answer OnVersion(
        int ordinal, CommandContext context, VersionTransition transition, Func<ModelState, LifecycleStep, Outcome<ModelChange>> decide)
    {
        if (Model is not { } model || ordinal < 1 || ordinal >= model.NextOrdinal)
        {
            return new Answer(ErrorCode.VersionNotFound);
        }

        if (model.DeletedAt is not null)
        {
            return new Answer(ErrorCode.VersionDeleted);
        }

        var at = Instant(model);
        var step = transition.Apply(_rows[ordinal - 1].State, at)!;
        if (step.Refusal is { } refused)
        {
            return new Answer(refused.Code);
        }

        return decide(model, step).TryGet(out var change, out var error) ? Commit(model, change, context, at) : new Answer(error.Code);
    }

    private Answer OnModel(Command command)
    {
        if (Model is not { } model)
        {
            return new Answer(ErrorCode.ModelNotFound);
        }

        if (model.DeletedAt is not null)
        {
            return new Answer(ErrorCode.ModelDeleted);
        }

        var context = Context(command);
        var at = Instant(model);
        return command switch
        {
            Command.Rollback c => ModelRules.Rollback(model, new RollbackCommand { Context = context, From = c.From, Force = c.Force }, at)
                .TryGet(out var change, out var error)
                ? Commit(model, change, context, at)
                : new Answer(error.Code),
            Command.SetPolicy c => Commit(
                model, ModelRules.Patch(model, new PatchModelCommand { Context = context, PrimaryPolicy = c.Policy }).Value!, context, at),
            Command.SetFallBack c => Commit(
                model,
                ModelRules.Patch(model, new PatchModelCommand { Context = context, OnUnhealthy = c.OnUnhealthy, FallBackSeconds = c.Seconds }).Value!,
                context,
                at),
            Command.FallBack => model.Primary is { } primary
                ? Commit(model, ModelRules.FallBack(model, _rows[primary.Ordinal - 1].State, _ => true, Author.Of(context), at), context, at)
                : Answer.Unchanged,
            Command.Label c => Commit(
                model, ModelRules.Patch(model, new PatchModelCommand { Context = context, Labels = Labels(c.Value) }).Value!, context, at),
            Command.SetAlias c => SetAlias(model, c, context, at),
            Command.RollbackAlias c => Commit(
                model, ModelRules.RollbackAlias(model, new RollbackAliasCommand { Context = context, Name = c.Name, From = c.From }, at), context, at),
            Command.RemoveAlias c => Commit(
                model, ModelRules.RemoveAlias(model, new RemoveAliasCommand { Context = context, Name = c.Name, From = c.From }), context, at),
            Command.DeleteModel { ReleasesAliases: false } when AliasRules.KeepsProtected(model, ordinal: null) is { } kept => new Answer(kept.Code),
            _ => Commit(
                model,
                ModelRules.Delete(model, [.. model.Active.Select(version => Lifecycle.Delete(_rows[version.Ordinal - 1].State, at))], at),
                context,
                at),
        };
    }

    private Answer SetAlias(ModelState model, Command.SetAlias c, CommandContext context, DateTimeOffset at)
    {
        var command = new SetAliasCommand { Context = context, Name = c.Name, Version = c.Version, From = c.From, Protected = c.Protected };
        if (!AliasRules.Target(model, c.Version).TryGet(out var named, out var error))
        {
            return new Answer(error.Code);
        }

        var ordinal = named.Ordinal ?? _rows.Find(row => row.State.Version == named.Number)?.State.Ordinal;
        if (ordinal is null)
        {
            return new Answer(ErrorCode.VersionNotFound);
        }

        return model.Find(ordinal.Value) is { } version
            ? Commit(model, ModelRules.SetAlias(model, command, version, at), context, at)
            : new Answer(Lifecycle.Promote(_rows[ordinal.Value - 1].State).Refusal!.Code);
    }

    private Answer Commit(ModelState before, Outcome<ModelChange> decided, CommandContext context, DateTimeOffset at) =>
        decided.TryGet(out var change, out var error) ? Commit(before, change, context, at) : new Answer(error.Code);

    private Answer Commit(ModelState before, ModelChange change, CommandContext context, DateTimeOffset at)
    {
        var isStored = !ReferenceEquals(before, change.Model) || !change.Versions.IsEmpty;
        Assert.True(isStored || change.Events.IsEmpty, "An event of a command that stores nothing would be lost.");
        var after = isStored
            ? change.Model with
            {
                LastInstant = at,
                LastCommand = context.CommandId,
                PendingPrimary = PrimarySelection.Pending(change.Model),
            }
            : before;
        Model = after;
        foreach (var version in change.Versions)
        {
            if (version.Ordinal > _rows.Count)
            {
                Assert.Equal(_rows.Count + 1, version.Ordinal);
                _rows.Add(new StoredVersion(version, 1));
            }
            else
            {
                _rows[version.Ordinal - 1] = new StoredVersion(version, _rows[version.Ordinal - 1].Row + 1);
            }
        }

        foreach (var (what, version, author) in change.Events)
        {
            if (what.Type == EventType.ModelDeleted)
            {
                // As the database does: versions that were not active have their events from their rows, before the model's own.
                Events.AddRange(_rows.Where(row => row.State.State != VersionState.Deleted).Select(row =>
                    new StoredEvent(EventType.VersionDeleted, at, row.State.Id.ToString(), context.Actor, context.Comment, "{}")));
            }

            var by = author ?? Author.Of(context);
            Events.Add(new StoredEvent(what.Type, at, version?.ToString(), by.Actor, by.Comment, what.Data));
        }

        var moved = before.Primary?.Ordinal != after.Primary?.Ordinal;
        return new Answer((string?)null)
        {
            Changed = !change.Events.IsEmpty || before.PendingPrimary != after.PendingPrimary || AliasRules.PendingChanges(before, after),
            Moved = moved,
            From = moved ? before.Primary?.Ordinal : null,
            To = moved ? after.Primary?.Ordinal : null,
            ModelDeleted = after.DeletedAt is not null,
            AliasMoves = string.Join("; ", AliasRules.Changes(before, after).Select(move => $"{move.Alias}: {move.From} {move.To}")),
        };
    }

    private void Reload()
    {
        Model = Model is null ? null : StateJson.Read<ModelState>(StateJson.Write(Model), "a row");
        for (var i = 0; i < _rows.Count; i++)
        {
            _rows[i] = _rows[i] with { State = StateJson.Read<ModelVersionState>(StateJson.Write(_rows[i].State), "a row") };
        }
    }

    private DateTimeOffset Instant(ModelState? model) => model is not null && model.LastInstant > Now ? model.LastInstant : Now;

    private ModelState NewModel(string by, DateTimeOffset at) => new()
    {
        Workspace = GrainKeys.DefaultWorkspace,
        Id = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"m{_models + 1:D9}"),
        Name = "My wonderful model",
        SearchName = "my wonderful model",
        LatestVersion = "0.0.0",
        CreatedAt = at,
        CreatedBy = by,
    };

    private CommandContext Context(Command command) => new()
    {
        CommandId = Guid.Empty,
        Actor = command.By,
        Comment = command.Comment,
        Deadline = Now + CommandContext.Lifetime,
        Role = Role.Admin,
    };

    private static Dictionary<string, string?> Labels(string? value) => new() { ["team"] = value };
}

/// <summary>A version's row, and how often it was written.</summary>
internal sealed record StoredVersion(ModelVersionState State, int Row);

/// <summary>An event as it is stored.</summary>
internal sealed record StoredEvent(string Type, DateTimeOffset At, string? VersionId, string Actor, string? Comment, string Data);
