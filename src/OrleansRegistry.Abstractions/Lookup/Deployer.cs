namespace OrleansRegistry;

/// <summary>Brings a deployment to the model that its name belongs to.</summary>
/// <remarks>
/// A name is claimed only when it is decided that it gets a version: what is refused leaves no row behind (rule E3).
/// </remarks>
internal sealed class Deployer(IGrainFactory grains, IWorkspaceCatalog catalog, ModelDirectory directory, TimeProvider clock)
{
    private const int MaxTries = 8;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Deploys, or answers what an earlier deployment with the same idempotency key made. With such a key it tries
    /// again while a silo is being replaced: what was done is not done twice.
    /// </summary>
    public async Task<Outcome<DeployAnswer>> Deploy(string workspace, DeployCommand command, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await TryDeploy(workspace, command, cancellationToken);
            }
            catch (Exception e) when ((GrainCalls.IsInterrupted(e) || e is SiloReplacedException or RegistryUnavailableException)
                && !cancellationToken.IsCancellationRequested && command.Idempotency is not null && command.Context.Deadline - clock.GetUtcNow() > CommandContext.StatementTimeout)
            {
                await Task.Delay(RetryDelay, clock, cancellationToken);
            }
        }
    }

    private async Task<Outcome<DeployAnswer>> TryDeploy(string workspace, DeployCommand command, CancellationToken cancellationToken)
    {
        var name = command.Deployment.ModelName;
        if (ModelId.IsWellFormed(name) && await catalog.FindModel(workspace, name, cancellationToken) is not null)
        {
            return RegistryError.Invalid("model_name", "is the id of a model, and can't be a name too");
        }

        var owner = grains.GetGrain<IModelNameGrain>(GrainKeys.Name(workspace, name));
        string? deleted = null;
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var known = await directory.Ask(workspace, name, id => Model(workspace, id).Deploy(command), cancellationToken);
            if (known.Error?.Code != ErrorCode.ModelNotFound)
            {
                return known;
            }

            // An id that nobody has: the model to be.
            var decided = await Model(workspace, ModelId.New()).Deploy(command with { Context = command.Context with { DryRun = true } });
            if (command.Context.DryRun || decided.Value is not { Replayed: false })
            {
                return decided;
            }

            var claimed = await owner.Claim(deleted);
            var made = await Model(workspace, claimed).Deploy(command);
            if (made.Error?.Code != ErrorCode.ModelDeleted)
            {
                return made;
            }

            // The name is free again.
            deleted = claimed;
        }

        return new RegistryError(ErrorCode.Unavailable, "The model is being deleted again and again; nothing was deployed.");
    }

    private IModelGrain Model(string workspace, string id) => grains.GetGrain<IModelGrain>(GrainKeys.Model(workspace, id));
}
