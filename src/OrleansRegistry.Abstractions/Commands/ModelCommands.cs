namespace OrleansRegistry;

/// <summary>Goes back to the previous primary that is still routable (rule P5).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RollbackCommand")]
internal sealed record RollbackCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The primary the caller expects, an id or null for none.</summary>
    [Id(1)]
    public Optional<string> From { get; init; }

    /// <summary>Go back although that version is unhealthy (rule HV3).</summary>
    [Id(2)]
    public bool Force { get; init; }
}

/// <summary>Changes what a model says of itself, by RFC 7396 merge.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.PatchModelCommand")]
internal sealed record PatchModelCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The new description; null removes it.</summary>
    [Id(1)]
    public Optional<string> Description { get; init; }

    /// <summary>Labels to set, or to remove where the value is null; null as a whole removes all.</summary>
    [Id(2)]
    public Optional<IReadOnlyDictionary<string, string?>> Labels { get; init; }

    /// <summary>The new policy, or null to keep it. Changing it moves nothing (rule P4).</summary>
    [Id(3)]
    public PrimaryPolicy? PrimaryPolicy { get; init; }

    /// <summary>Whether only an admin moves the primary, or null to leave it.</summary>
    [Id(4)]
    public bool? Protected { get; init; }

    /// <summary>What happens while the primary is unhealthy, or null to leave it (rule HV4).</summary>
    [Id(5)]
    public OnUnhealthy? OnUnhealthy { get; init; }

    /// <summary>After how many seconds the pointer then moves, or null to leave it (rule HV4).</summary>
    [Id(6)]
    public int? FallBackSeconds { get; init; }
}

/// <summary>Deletes a model and all its versions (rule L5).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeleteModelCommand")]
internal sealed record DeleteModelCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>Delete although an alias of it is protected (rule AL6).</summary>
    [Id(1)]
    public bool ReleaseAliases { get; init; }
}
