using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>Rules AL3, AL7 and AL8: commands on aliases. They write the model's row alone.</summary>
internal sealed partial class ModelGrain
{
    public async Task<Outcome<AliasAnswer>> SetAlias(SetAliasCommand command)
    {
        if (await BeginOnModel(command.Context) is { } refusal)
        {
            return refusal;
        }

        var model = _row.Value!;
        var at = Now(model);
        try
        {
            return (await FindTarget(model, command, at)).TryGet(out var version, out var error)
                ? await FinishOnAlias(command.Context, command.Name, ModelRules.SetAlias(model, command, version, at), at)
                : error;
        }
        catch (Exception e) when (Refusal(e) is { } failed)
        {
            return failed;
        }
    }

    public async Task<Outcome<AliasAnswer>> RollbackAlias(RollbackAliasCommand command)
    {
        if (await BeginOnModel(command.Context) is { } refusal)
        {
            return refusal;
        }

        var at = Now(_row.Value);
        return await FinishOnAlias(command.Context, command.Name, ModelRules.RollbackAlias(_row.Value!, command, at), at);
    }

    public async Task<Outcome<AliasAnswer>> RemoveAlias(RemoveAliasCommand command)
    {
        if (await BeginOnModel(command.Context) is { } refusal)
        {
            return refusal;
        }

        return await FinishOnAlias(command.Context, command.Name, ModelRules.RemoveAlias(_row.Value!, command), Now(_row.Value));
    }

    /// <summary>The version that a command names, if it is active.</summary>
    private async Task<Outcome<ActiveVersion>> FindTarget(ModelState model, SetAliasCommand command, DateTimeOffset at)
    {
        if (!AliasRules.Target(model, command.Version).TryGet(out var named, out var error))
        {
            return error;
        }

        var ordinal = named.Ordinal;
        if (ordinal is null
            && await catalog.FindVersion(_key.Workspace, _key.Id, named.Number!, CancellationToken.None) is { } found
            && VersionId.TryParse(found.Id, out var id))
        {
            ordinal = id.Ordinal;
        }

        if (ordinal is null)
        {
            return new RegistryError(ErrorCode.VersionNotFound, $"Model {model.Name} never had a version {named.Number}.");
        }

        if (model.Find(ordinal.Value) is { } active)
        {
            return active;
        }

        // It is inactive or deleted: its own row says which.
        var prepared = await Prepare(ordinal.Value, command.Context, new PromoteTransition(), at);
        return Existing(prepared.Step).Refusal
            ?? throw new StateCorruptException($"Model {_key.Id} doesn't know an active version, {ordinal}.");
    }

    private async Task<Outcome<AliasAnswer>> FinishOnAlias(
        CommandContext command, string name, Outcome<ModelChange> decided, DateTimeOffset at)
    {
        var (before, revision) = (_row.Value!, _row.Version);
        if (!decided.TryGet(out var change, out var error))
        {
            return error;
        }

        if (ModelRules.Forbid(before, change.Model, command.Role) is { } forbidden)
        {
            return forbidden;
        }

        if (!command.DryRun && await Commit(command, change, [], at) is { } failed)
        {
            return failed;
        }

        var shown = AliasRules.Find(change.Model, name) is { } alias
            ? change.Model.ToView(alias)
            : before.ToView(AliasRules.Find(before, name)!);
        return new AliasAnswer
        {
            Alias = shown,
            Changed = !change.Events.IsEmpty,
            AliasChange = AliasRules.Changes(before, change.Model).FirstOrDefault(),
            Revision = revision + 1,
        };
    }
}
