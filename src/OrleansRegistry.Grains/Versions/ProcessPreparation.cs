using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>All that the process of a version is started from: room, package and environment (rules F6, F10 and X11).</summary>
internal sealed class ProcessPreparation(
    IProcessRunner runner, InstanceTypes types, IArtifactCatalog artifacts, IArtifactPackages packages, TimeProvider clock)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>What a version's process may use, or why the version can't be run.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="digest">The digest of its artifact; null where it isn't there, as a dry run may say.</param>
    /// <param name="environment">The name of the environment, or null for any.</param>
    /// <param name="instanceType">Its instance type, or null.</param>
    public async Task<Outcome<ProcessResources>> Check(string workspace, string? digest, string? environment, string? instanceType) =>
        digest is null ? types.Choose(instanceType)
        : (await Choose(workspace, digest, environment, instanceType, CancellationToken.None)).TryGet(out var choice, out var error) ? choice.Resources
        : error;

    /// <summary>Makes a version's package, or says why it can't be run. Waits while the database can't answer.</summary>
    /// <param name="version">The version.</param>
    /// <param name="unwanted">Is cancelled when nobody wants the process any more.</param>
    public async Task<Outcome<PreparedProcess>> Prepare(ModelVersionState version, CancellationToken unwanted)
    {
        var (workspace, digest, serving) = (version.Workspace, version.Artifact!.Digest!, version.Serving!);
        while (true)
        {
            try
            {
                if (!(await Choose(workspace, digest, serving.Runtime!.Environment, version.InstanceType, unwanted)).TryGet(out var choice, out var error))
                {
                    return error;
                }

                if (await packages.Make(workspace, digest, !runner.IsSandboxed, unwanted) is not { } package)
                {
                    return Lost(digest);
                }

                return new PreparedProcess(package, new ProcessSpec
                {
                    Package = package.Path,
                    Format = choice.Format,
                    Environment = choice.Environment,
                    Command = serving.Runtime.Command,
                    Variables = serving.Runtime.Env ?? ProcessVariables.None,
                    Resources = choice.Resources,
                    StartupTimeout = TimeSpan.FromSeconds(serving.StartupTimeoutSeconds),
                });
            }
            catch (RegistryUnavailableException)
            {
                await Task.Delay(RetryInterval, clock, unwanted);
            }
        }
    }

    private async Task<Outcome<Choice>> Choose(
        string workspace, string digest, string? environment, string? instanceType, CancellationToken cancellationToken)
    {
        if (!types.Choose(instanceType).TryGet(out var resources, out var error))
        {
            return error;
        }

        if (await artifacts.FindArtifact(workspace, digest, cancellationToken) is not { } artifact)
        {
            return Lost(digest);
        }

        return EnvironmentChoice.Of(environment, artifact.Format, artifact.Requires, runner.Environments).TryGet(out var found, out error)
            ? new Choice(resources, artifact.Format, found.Serving.Name)
            : error;
    }

    private static RegistryError Lost(string digest) => new(ErrorCode.ArtifactNotFound, $"The artifact {digest}, or one of its files, is lost.");

    private sealed record Choice(ProcessResources Resources, ArtifactFormat Format, string Environment);
}

/// <summary>All that a process is started from.</summary>
/// <param name="Package">The package, as long as it is needed.</param>
/// <param name="Spec">What to start.</param>
internal sealed record PreparedProcess(IArtifactPackage Package, ProcessSpec Spec);
