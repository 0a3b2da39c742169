namespace OrleansRegistry;

// Aliases.
internal sealed partial class ModelRegistry
{
    public Task<Outcome<AliasAnswer>> SetAlias(
        string model,
        string alias,
        string version,
        Optional<string> from,
        bool? isProtected,
        CommandOptions? options,
        CancellationToken cancellationToken)
    {
        var command = new SetAliasCommand
        {
            Context = NewContext(options),
            Name = alias,
            Version = version,
            From = from,
            Protected = isProtected,
        };
        return CommandValidation.Validate(command) is { IsEmpty: false } problems
            ? Task.FromResult<Outcome<AliasAnswer>>(RegistryError.Invalid(problems.AsSpan()))
            : OnModel(model, options, grain => grain.SetAlias(command), cancellationToken);
    }

    public Task<Outcome<AliasAnswer>> RollbackAlias(
        string model, string alias, Optional<string> from, CommandOptions? options, CancellationToken cancellationToken) => OnModel(
        model,
        options,
        grain => grain.RollbackAlias(new RollbackAliasCommand { Context = NewContext(options), Name = alias, From = from }),
        cancellationToken);

    public Task<Outcome<AliasAnswer>> RemoveAlias(
        string model, string alias, Optional<string> from, CommandOptions? options, CancellationToken cancellationToken) => OnModel(
        model,
        options,
        grain => grain.RemoveAlias(new RemoveAliasCommand { Context = NewContext(options), Name = alias, From = from }),
        cancellationToken);

    /// <summary>Runs a command on a model that is named by id or name.</summary>
    private Task<Outcome<AliasAnswer>> OnModel(
        string model, CommandOptions? options, Func<IModelGrain, Task<Outcome<AliasAnswer>>> command, CancellationToken cancellationToken) => Run(
        Permission.Deploy,
        options,
        () => _directory.Ask(Workspace, model, id => command(Model(id)), cancellationToken),
        cancellationToken);
}
