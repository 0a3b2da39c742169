namespace OrleansRegistry;

/// <summary>Points an alias to a version; makes the alias if there is none (rule AL3).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.SetAliasCommand")]
internal sealed record SetAliasCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The name of the alias.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The version: a number, an id, <c>@alias</c> or <c>@primary</c>.</summary>
    [Id(2)]
    public required string Version { get; init; }

    /// <summary>The version the caller expects there, an id or null for none.</summary>
    [Id(3)]
    public Optional<string> From { get; init; }

    /// <summary>Whether only an admin moves it, or null to leave that.</summary>
    [Id(4)]
    public bool? Protected { get; init; }
}

/// <summary>Points an alias to the previous version that is still routable (rule AL7).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RollbackAliasCommand")]
internal sealed record RollbackAliasCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The name of the alias.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The version the caller expects there, an id or null for none.</summary>
    [Id(2)]
    public Optional<string> From { get; init; }
}

/// <summary>Removes an alias (rule AL8).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RemoveAliasCommand")]
internal sealed record RemoveAliasCommand
{
    /// <summary>The caller, the deadline and the condition.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The name of the alias.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The version the caller expects there, an id or null for none.</summary>
    [Id(2)]
    public Optional<string> From { get; init; }
}
