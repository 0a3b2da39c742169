using System.Collections.Immutable;
namespace OrleansRegistry;

/// <inheritdoc cref="IModelRegistry"/>
internal sealed partial class ModelRegistry : IModelRegistry
{
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _clock;
    private readonly ModelRegistryOptions _options;
    private readonly GrainCatalog _catalog;
    private readonly ModelDirectory _directory;
    private readonly VersionResolver _resolver;
    private readonly Deployer _deployer;
    private readonly VersionWatch _watch;
    private volatile bool _hasWorkspace;

    public ModelRegistry(IGrainFactory grains, ModelRegistryOptions options, TimeProvider clock)
    {
        (_grains, _options, _clock) = (grains, options, clock);
        _catalog = new GrainCatalog(grains);
        _directory = new ModelDirectory(_catalog);
        _resolver = new VersionResolver(grains, _catalog, _directory);
        _deployer = new Deployer(grains, _catalog, _directory, clock);
        _watch = new VersionWatch(_catalog, clock);
    }

    private string Workspace => _options.Workspace;

    public Task<Outcome<DeployAnswer>> Deploy(Deployment deployment, CommandOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var context = NewContext(options);
        // A key of its own makes repetitions of this call harmless.
        var command = DeployCommand.Of(context, deployment with { IdempotencyKey = deployment.IdempotencyKey ?? $"{context.CommandId:N}" });
        List<FieldError> problems = [.. CommandValidation.Validate(command), .. CommandValidation.Validate(command.Context)];
        if (options?.IfMatch is not null)
        {
            problems.Add(new FieldError("If-Match", "does not apply to a deployment"));
        }

        if (options?.Comment is not null)
        {
            problems.Add(new FieldError(CommandComment.Field, "belongs to the deployment itself"));
        }

        return problems.Count > 0
            ? Task.FromResult<Outcome<DeployAnswer>>(RegistryError.Invalid([.. problems]))
            : Run(Permission.Deploy, null, () => _deployer.Deploy(Workspace, command, cancellationToken), cancellationToken);
    }

    public Task<Outcome<ResolvedVersion>> Resolve(string model, string? selector, CancellationToken cancellationToken) => Run(
        Permission.Resolve,
        null,
        () => _resolver.Resolve(Workspace, model, selector, modelIds: [], cancellationToken),
        cancellationToken);

    public Task<Outcome<CommandAnswer>> Publish(
        string versionId,
        bool? promote,
        Optional<string> from,
        IReadOnlyList<string>? aliases,
        bool force,
        CommandOptions? options,
        CancellationToken cancellationToken) => OnVersion(
        versionId,
        options,
        (model, ordinal) =>
        {
            var command = new PublishCommand
            {
                Context = NewContext(options),
                Ordinal = ordinal,
                Promote = promote,
                From = from,
                Aliases = aliases,
                Force = force,
            };
            return Send(command, CommandValidation.Validate(command), model.Publish);
        },
        cancellationToken);

    public Task<Outcome<CommandAnswer>> Promote(
        string versionId, Optional<string> from, bool force, CommandOptions? options, CancellationToken cancellationToken) => OnVersion(
        versionId,
        options,
        (model, ordinal) => model.Promote(new PromoteCommand { Context = NewContext(options), Ordinal = ordinal, From = from, Force = force }),
        cancellationToken);

    public Task<Outcome<CommandAnswer>> Rollback(
        string model, Optional<string> from, bool force, CommandOptions? options, CancellationToken cancellationToken) => Run(
        Permission.Deploy,
        options,
        () => _directory.Ask(
            Workspace, model, id => Model(id).Rollback(new RollbackCommand { Context = NewContext(options), From = from, Force = force }), cancellationToken),
        cancellationToken);

    public Task<Outcome<CommandAnswer>> Activate(string versionId, ServingSpec? serving, CommandOptions? options, CancellationToken cancellationToken) => OnVersion(
        versionId,
        options,
        (model, ordinal) =>
        {
            var command = new ActivateCommand { Context = NewContext(options), Ordinal = ordinal, Serving = serving?.WithFirst() };
            return Send(command, CommandValidation.Validate(command), model.Activate);
        },
        cancellationToken);

    public Task<Outcome<CommandAnswer>> PutServers(
        string versionId, IReadOnlyList<ServingServer> servers, CommandOptions? options, CancellationToken cancellationToken) => OnVersion(
        versionId,
        options,
        (model, ordinal) =>
        {
            var command = new PutServersCommand { Context = NewContext(options), Ordinal = ordinal, Servers = servers };
            return Send(command, CommandValidation.Validate(command), model.PutServers);
        },
        cancellationToken);

    public Task<Outcome<CommandAnswer>> Deactivate(
        string versionId,
        string? promoteTo,
        bool refuseIfPrimary,
        bool refuseIfReferenced,
        bool force,
        CommandOptions? options,
        CancellationToken cancellationToken) => OnVersion(
        versionId,
        options,
        (model, ordinal) => model.Deactivate(new DeactivateCommand
        {
            Context = NewContext(options),
            Ordinal = ordinal,
            PromoteTo = promoteTo,
            Force = force,
            RefuseIfPrimary = refuseIfPrimary,
            RefuseIfReferenced = refuseIfReferenced,
        }),
        cancellationToken);

    public Task<Outcome<CommandAnswer>> Delete(
        string versionId,
        string? promoteTo,
        bool refuseIfPrimary,
        bool refuseIfReferenced,
        bool releaseAliases,
        bool force,
        CommandOptions? options,
        CancellationToken cancellationToken) => OnVersion(
        versionId,
        options,
        (model, ordinal) => model.Delete(new DeleteCommand
        {
            Context = NewContext(options),
            Ordinal = ordinal,
            PromoteTo = promoteTo,
            Force = force,
            RefuseIfPrimary = refuseIfPrimary,
            RefuseIfReferenced = refuseIfReferenced,
            ReleaseAliases = releaseAliases,
        }),
        cancellationToken, Permission.Administer);

    public Task<Outcome<ModelView>> DeleteModel(
        string modelId, bool releaseAliases, CommandOptions? options, CancellationToken cancellationToken) =>
        ModelId.IsWellFormed(modelId)
            ? Run(
                Permission.Administer,
                options,
                () => Model(modelId).DeleteModel(new DeleteModelCommand { Context = NewContext(options), ReleaseAliases = releaseAliases }),
                cancellationToken)
            : Task.FromResult<Outcome<ModelView>>(RegistryError.Invalid("model", "must be the id of a model; a name is not accepted here"));

    /// <summary>Sends a command that is well formed.</summary>
    private static Task<Outcome<CommandAnswer>> Send<T>(T command, ImmutableArray<FieldError> problems, Func<T, Task<Outcome<CommandAnswer>>> send) =>
        problems.IsEmpty ? send(command) : Task.FromResult<Outcome<CommandAnswer>>(RegistryError.Invalid(problems.AsSpan()));

    /// <summary>Runs a command on a version, which its model does.</summary>
    private Task<Outcome<CommandAnswer>> OnVersion(
        string versionId,
        CommandOptions? options,
        Func<IModelGrain, int, Task<Outcome<CommandAnswer>>> command,
        CancellationToken cancellationToken,
        Permission needed = Permission.Deploy) =>
        VersionId.TryParse(versionId, out var id)
            ? Run(needed, options, () => command(Model(id.ModelId), id.Ordinal), cancellationToken)
            : Task.FromResult<Outcome<CommandAnswer>>(VersionResolver.NotFound(versionId));

    /// <summary>Runs what the service's role must allow, and the options of a command don't forbid.</summary>
    private Task<Outcome<T>> Run<T>(
        Permission needed, CommandOptions? options, Func<Task<Outcome<T>>> call, CancellationToken cancellationToken)
        where T : class =>
        CommandValidation.Validate(NewContext(options)) is { IsEmpty: false } problems
            ? Task.FromResult<Outcome<T>>(RegistryError.Invalid(problems.AsSpan()))
        : _options.Role.Allows(needed)
            ? Ask(call, cancellationToken)
            : Task.FromResult<Outcome<T>>(new RegistryError(ErrorCode.Forbidden, $"A service of role {_options.Role} may not do that; it needs {Permissions.MinRole(needed)}."));

    /// <summary>Asks in the workspace, and says in one way that there was no answer.</summary>
    private async Task<T> Ask<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        WorkspaceScope.Enter(Workspace);
        try
        {
            if (!_hasWorkspace)
            {
                var found = await _grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(Workspace)).Get().WaitAsync(cancellationToken);
                _hasWorkspace = found.TryGet(out _, out var error) ? true : throw new InvalidOperationException(error.Detail);
            }

            return await call().WaitAsync(cancellationToken);
        }
        catch (Exception e) when ((GrainCalls.IsInterrupted(e) || e is SiloReplacedException) && !cancellationToken.IsCancellationRequested)
        {
            throw new RegistryUnavailableException("The registry does not answer; what was asked of it may still be done.", e);
        }
    }

    private IModelGrain Model(string id) => _grains.GetGrain<IModelGrain>(GrainKeys.Model(Workspace, id));

    private CommandContext NewContext(CommandOptions? options) => CommandContext.For(_options.Actor, _options.Role, _clock.GetUtcNow()) with
    {
        DryRun = options?.DryRun ?? false,
        IfMatch = options?.IfMatch is { } tag ? [tag] : [],
        Comment = CommandComment.Normalize(options?.Comment),
    };
}
