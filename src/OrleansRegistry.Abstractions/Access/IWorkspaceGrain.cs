using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>One workspace: that it is there, and since when. Key: <see cref="GrainKeys.Workspace"/>.</summary>
[Alias("OrleansRegistry.IWorkspaceGrain")]
internal interface IWorkspaceGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>Makes the workspace.</summary>
    [Alias("Create")]
    Task<Outcome<WorkspaceView>> Create(CreateWorkspaceCommand command);

    /// <summary>The workspace.</summary>
    [ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    [Alias("Get")]
    Task<Outcome<WorkspaceView>> Get();
}

/// <summary>A workspace: the tenant. Everything belongs to one, and nothing is visible across.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.WorkspaceView")]
public sealed record WorkspaceView
{
    /// <summary>Its name: 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(1)]
    public string? Description { get; init; }

    /// <summary>The instant at which it was made.</summary>
    [Id(2)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller who made it.</summary>
    [Id(3)]
    public required string CreatedBy { get; init; }

    /// <summary>The name of the key of who made it, or null for a caller who has none.</summary>
    [Id(5)]
    public string? CreatedByName { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(4)]
    internal ExtensionData? ExtensionData { get; set; }
}

/// <summary>Makes a workspace.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CreateWorkspaceCommand")]
internal sealed record CreateWorkspaceCommand
{
    /// <summary>Who, until when.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(1)]
    public string? Description { get; init; }
}
