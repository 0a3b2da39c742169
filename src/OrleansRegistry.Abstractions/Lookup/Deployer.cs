namespace OrleansRegistry;

/// <summary>Brings a deployment to the model that its name belongs to.</summary>
public sealed class Deployer(IGrainFactory grains, IWorkspaceCatalog catalog, TimeProvider clock)
{
    private const int MaxTries = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Deploys, or answers what an earlier deployment with the same idempotency key made. With such a key it tries again while a silo is being
    /// replaced: what was done is not done twice.
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
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    private async Task<Outcome<DeployAnswer>> TryDeploy(string workspace, DeployCommand command, CancellationToken cancellationToken)
    {
        var name = command.ModelName;
        if (ModelId.IsWellFormed(name) && await catalog.FindModel(workspace, name, cancellationToken) is not null)
        {
            return RegistryError.Invalid("model_name", "is the id of a model, and can't be a name too");
        }

        // What the row of an earlier deployment says its model may not have learned yet: it answers, also after its deletion.
        if (command.Idempotency is { } repeated
            && await catalog.FindDeployment(workspace, name, repeated.Key, cancellationToken) is { Version.ModelId: var its })
        {
            return await grains.GetGrain<IModelGrain>(GrainKeys.Model(workspace, its)).Deploy(command);
        }

        var owner = grains.GetGrain<IModelNameGrain>(GrainKeys.Name(workspace, name));
        var isDryRun = command.Context.DryRun;
        var id = isDryRun ? await owner.Get() ?? ModelId.New() : await owner.Claim(not: null);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var outcome = await grains.GetGrain<IModelGrain>(GrainKeys.Model(workspace, id)).Deploy(command);
            if (outcome.Error?.Code != ErrorCode.ModelDeleted)
            {
                return outcome;
            }

            // The name is free again. One that is only tried gets an id that nothing will ever be stored under.
            id = isDryRun ? ModelId.New() : await owner.Claim(not: id);
        }

        return new RegistryError(ErrorCode.Unavailable, "The model is being deleted again and again; nothing was deployed.");
    }
}
