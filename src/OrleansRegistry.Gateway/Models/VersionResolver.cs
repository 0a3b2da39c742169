namespace OrleansRegistry.Gateway;

/// <summary>Says which version a caller's selector leads to now. What a caller doesn't reach is not there for them.</summary>
public sealed class VersionResolver(ModelLookup lookup, ModelResolver models)
{
    /// <summary>The version that a selector of a model leads to; null selects the primary.</summary>
    public Task<Outcome<ResolvedVersion>> Resolve(RequestCaller caller, string model, string? selector, CancellationToken cancellationToken) => lookup.Ask(
        caller.Workspace,
        model,
        id => caller.Reaches(id)
            ? models.Resolve(caller.Workspace, id, selector, cancellationToken)
            : Task.FromResult<Outcome<ResolvedVersion>>(ModelLookup.NotFound(model)),
        cancellationToken);

    /// <summary>A version by its id.</summary>
    public async Task<Outcome<ResolvedVersion>> Resolve(RequestCaller caller, VersionId id, CancellationToken cancellationToken)
    {
        var selector = id.ToString();
        if (!caller.Reaches(id.ModelId) || !await lookup.Has(caller.Workspace, id.ModelId, cancellationToken))
        {
            return Routes.NoVersion(selector);
        }

        var outcome = await models.Resolve(caller.Workspace, id.ModelId, selector, cancellationToken);
        return outcome.Error?.Code switch
        {
            ErrorCode.ModelNotFound => Routes.NoVersion(selector),
            ErrorCode.ModelDeleted => new RegistryError(ErrorCode.VersionDeleted, $"Version {selector} is deleted, with its model."),
            _ => outcome,
        };
    }
}
