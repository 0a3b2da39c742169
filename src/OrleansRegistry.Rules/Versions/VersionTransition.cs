namespace OrleansRegistry.Versions;

/// <summary>
/// A request of a model to a version: one row of the lifecycle's table, with the values of the command.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.VersionTransition")]
internal abstract record VersionTransition
{
    /// <summary>Runs the state machine. Null when the version does not exist, or for a new one, when it does.</summary>
    public abstract LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at);
}

/// <summary>A new version, published at once or not (rule L1).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeployTransition")]
internal sealed record DeployTransition([property: Id(0)] ModelVersionState Version, [property: Id(1)] bool Publish) : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at)
    {
        if (version is not null)
        {
            return null;
        }

        var deployed = Lifecycle.Deploy(Version, at);
        return Publish ? deployed.Then(draft => Lifecycle.Publish(draft, at)) : deployed;
    }
}

/// <summary>Publish.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PublishTransition")]
internal sealed record PublishTransition : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.Publish(version, at);
}

/// <summary>Promote.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PromoteTransition")]
internal sealed record PromoteTransition : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.Promote(version);
}

/// <summary>Activate, perhaps elsewhere or run in another way.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ActivateTransition")]
internal sealed record ActivateTransition([property: Id(0)] ServingSpec? Serving) : VersionTransition
{
    /// <summary>How the registry runs it from now on, or null.</summary>
    [Id(1)]
    public RuntimeSpec? Runtime { get; init; }

    /// <summary>Whether an operator says so.</summary>
    [Id(2)]
    public bool ByOperator { get; init; }

    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.Activate(version, Lifecycle.From(Serving, Runtime), at, ByOperator);
}

/// <summary>Replace the servers.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PutServersTransition")]
internal sealed record PutServersTransition([property: Id(0)] IReadOnlyList<ServingServer> Servers) : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.PutServers(version, Servers, at);
}

/// <summary>Deactivate.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeactivateTransition")]
internal sealed record DeactivateTransition : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.Deactivate(version, at);
}

/// <summary>Delete.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeleteTransition")]
internal sealed record DeleteTransition : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.Delete(version, at);
}

/// <summary>A probe's result.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServeTransition")]
internal sealed record ServeTransition([property: Id(0)] ServingResult Result) : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.ReportProbe(version, Result, at);
}

/// <summary>A mark (rule HV7).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.MarkTransition")]
internal sealed record MarkTransition([property: Id(0)] HealthReport Report) : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : HealthRules.Mark(version, Report, at);
}

/// <summary>New description and labels.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PatchTransition")]
internal sealed record PatchTransition(
    [property: Id(0)] Optional<string> Description, [property: Id(1)] Optional<IReadOnlyDictionary<string, string?>> Labels) : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : Lifecycle.Patch(version, Description, Labels, at);
}

/// <summary>Nothing: the model reads the version as it is.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ReadTransition")]
internal sealed record ReadTransition : VersionTransition
{
    public override LifecycleStep? Apply(ModelVersionState? version, DateTimeOffset at) =>
        version is null ? null : LifecycleStep.Same(version);
}
