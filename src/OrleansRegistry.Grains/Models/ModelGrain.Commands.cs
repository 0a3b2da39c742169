using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

internal sealed partial class ModelGrain
{
    public Task<Outcome<CommandAnswer>> Publish(PublishCommand command) => OnVersion(
        command.Context, command.Ordinal, new PublishTransition(), (model, step, at) => ModelRules.Publish(model, step, command, at));

    public Task<Outcome<CommandAnswer>> Promote(PromoteCommand command) => OnVersion(
        command.Context, command.Ordinal, new PromoteTransition(), (model, step, at) => ModelRules.Promote(model, step, command, at));

    public Task<Outcome<CommandAnswer>> Activate(ActivateCommand command) => OnVersion(
        command.Context,
        command.Ordinal,
        new ActivateTransition(command.Serving) { Runtime = command.Runtime, ByOperator = IsOperator(command.Context) },
        (model, step, at) => ModelRules.Activate(model, step, command, at));

    public async Task<Outcome<CommandAnswer>> PutServers(PutServersCommand command)
    {
        var outcome = await OnVersion(
            command.Context,
            command.Ordinal,
            new PutServersTransition(command.Servers),
            (model, step, _) => ModelRules.PutServers(model, step, command.Context.Role));
        if (outcome.Value is { Changed: true } && !command.Context.DryRun)
        {
            Forget(command);
        }

        return outcome;
    }

    private static bool IsOperator(CommandContext context) => context.Role.Allows(Permission.Operate);

    public Task<Outcome<CommandAnswer>> Deactivate(DeactivateCommand command) => OnVersion(
        command.Context, command.Ordinal, new DeactivateTransition(), (model, step, at) => ModelRules.Deactivate(model, step, command, at));

    public Task<Outcome<CommandAnswer>> Delete(DeleteCommand command) => OnVersion(
        command.Context, command.Ordinal, new DeleteTransition(), (model, step, at) => ModelRules.Delete(model, step, command, at));

    public Task<Outcome<CommandAnswer>> PatchVersion(PatchVersionCommand command) => OnVersion(
        command.Context,
        command.Ordinal,
        new PatchTransition(command.Description, command.Labels),
        (model, step, _) => ModelRules.Patch(model, step));

    public async Task<Outcome<CommandAnswer>> Rollback(RollbackCommand command)
    {
        if (await BeginOnModel(command.Context) is { } refusal)
        {
            return refusal;
        }

        var model = _row.Value!;
        var at = Now(model);
        if (!ModelRules.Rollback(model, command, at).TryGet(out var change, out var error))
        {
            return error;
        }

        if (ModelRules.Forbid(model, change.Model, command.Context.Role) is { } forbidden)
        {
            return forbidden;
        }

        try
        {
            var target = await Prepare(change.Model.Primary!.Ordinal, command.Context, new ReadTransition(), at);
            return await Finish(command.Context, model, target, change, at);
        }
        catch (Exception e) when (Refusal(e) is { } failed)
        {
            return failed;
        }
    }

    public async Task<Outcome<ModelView>> PatchModel(PatchModelCommand command)
    {
        if (await BeginOnModel(command.Context) is { } refusal)
        {
            return refusal;
        }

        var model = _row.Value!;
        return ModelRules.Patch(model, command).TryGet(out var change, out var error)
            ? await FinishOnModel(command.Context, change, [], Now(model))
            : error;
    }

    public async Task<Outcome<ModelView>> DeleteModel(DeleteModelCommand command)
    {
        if (await BeginOnModel(command.Context) is { } refusal)
        {
            return refusal;
        }

        var model = _row.Value!;
        if (!command.ReleaseAliases && AliasRules.KeepsProtected(model, ordinal: null) is { } kept)
        {
            return kept;
        }

        var at = Now(model);
        try
        {
            var prepared = await Task.WhenAll(model.Active.Select(version => Prepare(version.Ordinal, command.Context, new DeleteTransition(), at)));
            LifecycleStep[] steps = [.. prepared.Select(version => Existing(version.Step))];
            return await FinishOnModel(
                command.Context, ModelRules.Delete(model, steps, at), [.. prepared.Select(version => version.RowVersion)], at);
        }
        catch (Exception e) when (Refusal(e) is { } failed)
        {
            return failed;
        }
    }

    /// <summary>Every command on one version: prepare, decide, store, answer.</summary>
    private async Task<Outcome<CommandAnswer>> OnVersion(
        CommandContext command,
        int ordinal,
        VersionTransition transition,
        Func<ModelState, LifecycleStep, DateTimeOffset, Outcome<ModelChange>> decide)
    {
        if (await Begin(command) is { } refusal)
        {
            return refusal;
        }

        if (_row.Value is not { } model || ordinal < 1 || ordinal >= model.NextOrdinal)
        {
            return new RegistryError(ErrorCode.VersionNotFound, $"There is no version {new VersionId(_key.Id, ordinal)}.");
        }

        if (model.DeletedAt is not null)
        {
            return new RegistryError(ErrorCode.VersionDeleted, $"Version {new VersionId(_key.Id, ordinal)} is deleted, with its model.");
        }

        var at = Now(model);
        try
        {
            var prepared = await Prepare(ordinal, command, transition, at);
            var step = Existing(prepared.Step);
            if (!command.Matches(EntityTag.OfVersion(prepared.RowVersion, model.Primary?.Ordinal == ordinal)))
            {
                return Mismatch();
            }

            if (step.Refusal is { } refused)
            {
                return refused;
            }

            if (transition is ActivateTransition && model.Find(ordinal) is null && await IsFull(model, isNewVersion: false) is { } full)
            {
                return full;
            }

            var room = transition is ActivateTransition && step is { Changed: true, State: { Serving.Runtime: { } runtime } run }
                ? await processes.Reserve(_key.Workspace, run.Id, run.Artifact!.Digest, runtime.Environment, run.InstanceType, command.Role)
                : null;
            if (room is { Error: { } cannotRun })
            {
                return cannotRun;
            }

            using var reservation = room?.Value;

            if (!decide(model, step, at).TryGet(out var change, out var error))
            {
                return error;
            }

            if (ModelRules.Forbid(model, change.Model, command.Role) is { } forbidden)
            {
                return forbidden;
            }

            var outcome = await Finish(command, model, prepared, change, at);
            return command.DryRun && transition is (DeactivateTransition or DeleteTransition) && outcome.Value is { } answer
                ? answer with { References = AliasRules.References(model, ordinal) }
                : outcome;
        }
        catch (Exception e) when (Refusal(e) is { } failed)
        {
            return failed;
        }
    }

    /// <summary>Asks a version what a command would come to. Nothing is stored yet.</summary>
    /// <exception cref="SiloReplacedException">
    /// The silo that the version was on is lost; the command may be tried again.
    /// </exception>
    private async Task<PreparedVersion> Prepare(int ordinal, CommandContext command, VersionTransition transition, DateTimeOffset at)
    {
        try
        {
            return await Version(ordinal).Prepare(command.CommandId, transition, at);
        }
        catch (Exception e) when (GrainCalls.IsInterrupted(e))
        {
            throw new SiloReplacedException($"Version {new VersionId(_key.Id, ordinal)} can't be asked now: {e.Message}");
        }
    }

    /// <summary>Stores a change that concerns at most one version, and says what it came to.</summary>
    private async Task<Outcome<CommandAnswer>> Finish(
        CommandContext command, ModelState before, PreparedVersion prepared, ModelChange change, DateTimeOffset at)
    {
        var version = change.Versions is [var written] ? written : Existing(prepared.Step).State;
        var after = Stamp(change.Model, command, at);
        if (!command.DryRun && IsChange(before, change) && await Commit(command, change, [prepared.RowVersion], at) is { } error)
        {
            return error;
        }

        var moved = before.Primary?.Ordinal != after.Primary?.Ordinal;
        return new CommandAnswer
        {
            Version = version.ToView(after.Primary?.Ordinal == version.Ordinal, prepared.RowVersion + change.Versions.Length),
            Changed = !change.Events.IsEmpty || before.PendingPrimary != after.PendingPrimary || AliasRules.PendingChanges(before, after),
            PrimaryChange = moved ? new PrimaryChange { From = before.PrimaryId?.ToString(), To = after.PrimaryId?.ToString() } : null,
            ModelDeleted = after.DeletedAt is not null,
            AliasChanges = [.. AliasRules.Changes(before, after)],
        };
    }

    private async Task<RegistryError?> BeginOnModel(CommandContext command)
    {
        if (await Begin(command) is { } refusal)
        {
            return refusal;
        }

        if (_row.Value is not { } model)
        {
            return NoSuchModel();
        }

        if (model.DeletedAt is not null)
        {
            return RoutingTable.Deleted(model);
        }

        return command.Matches(EntityTag.OfRevision(_row.Version)) ? null : Mismatch();
    }

    private async Task<Outcome<ModelView>> FinishOnModel(
        CommandContext command, ModelChange change, IReadOnlyList<int> expected, DateTimeOffset at)
    {
        var revision = _row.Version;
        var before = _row.Value!;
        if (!IsChange(before, change))
        {
            return before.ToView(revision);
        }

        if (!command.DryRun && await Commit(command, change, expected, at) is { } error)
        {
            return error;
        }

        return Stamp(change.Model, command, at).ToView(revision + 1);
    }

    private static bool IsChange(ModelState before, ModelChange change) => !ReferenceEquals(before, change.Model) || !change.Versions.IsEmpty;

    /// <summary>A version that the model knows has a row; when it has none, somebody else deleted it.</summary>
    private LifecycleStep Existing(LifecycleStep? step) =>
        step ?? throw new StateCorruptException($"Model {_key.Id} knows a version that has no row.");

    /// <summary>
    /// Why a version can't become active: rule L6, or a quota of the workspace, which commands on other models may
    /// overrun while this one runs.
    /// </summary>
    private async Task<RegistryError?> IsFull(ModelState model, bool isNewVersion)
    {
        var limits = options.Value;
        if (model.Active.Length >= limits.ActiveVersionsPerModel)
        {
            return new RegistryError(
                ErrorCode.TooManyActiveVersions,
                $"The model has {model.Active.Length} active versions, as many as it may have; deactivate or delete one first.");
        }

        var use = await uses.Get(_key.Workspace, isExact: false);
        if (use.Models >= Near(limits.ModelsPerWorkspace)
            || use.Versions >= Near(limits.VersionsPerWorkspace)
            || use.ActiveVersions >= Near(limits.ActiveVersionsPerWorkspace))
        {
            use = await uses.Get(_key.Workspace, isExact: true);
        }

        return isNewVersion && model.NextOrdinal == 1 && use.Models >= limits.ModelsPerWorkspace ? Exceeded(use.Models, "models")
            : isNewVersion && use.Versions >= limits.VersionsPerWorkspace ? Exceeded(use.Versions, "versions")
            : use.ActiveVersions >= limits.ActiveVersionsPerWorkspace ? Exceeded(use.ActiveVersions, "active versions")
            : null;

        // From here on other silos could exceed the quota before the next count.
        static int Near(int quota) => quota - Math.Max(quota / 20, 100);

        static RegistryError Exceeded(long count, string what) =>
            new(ErrorCode.QuotaExceeded, $"The workspace has {count} {what}, as many as it may have.");
    }

    private static RegistryError Mismatch() => new(ErrorCode.RevisionMismatch, "If-Match names another revision; read the resource again.");
}
